import { accessSync, constants, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A /dev/videoN as the kernel lists it, without its driver being asked. */
export interface VideoNode {
  /** `/dev/video0` */
  device: string;
  /** Its place among the nodes of its camera; a webcam's pictures are at 0, its metadata at 1. */
  index: number;
  name: string;
  /** Empty where the kernel names none. */
  driver: string;
  bus: string;
  /** Of the USB device. */
  serial: string | null;
  access: 'open' | 'denied' | 'absent';
  /** Another one each time that something is plugged in, also under the same number. */
  identity: string;
  /** Another one whenever the node's permissions may have changed. */
  state: string;
}

export interface Places {
  /** Where the kernel lists video devices. */
  sysfs: string;
  /** Where their nodes are. */
  dev: string;
}

export const PLACES: Places = { sysfs: '/sys/class/video4linux', dev: '/dev' };

/** Video nodes alone; radios, teletext and touch pads have other names. */
export const VIDEO_NODE = /^video(\d+)$/;

/** The video nodes of this machine, by their numbers; none where the kernel has no V4L2. */
export function readNodes({ sysfs, dev }: Places = PLACES): VideoNode[] {
  return namesIn(sysfs)
    .filter(name => VIDEO_NODE.test(name))
    .sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)))
    .flatMap(name => {
      const node = readNode(join(sysfs, name), join(dev, name));
      return node ? [node] : [];
    });
}

/** Null for one that goes away while it is read. */
function readNode(folder: string, device: string): VideoNode | null {
  try {
    const { ino } = statSync(folder);
    const parent = realpathSync(join(folder, 'device'));
    const { access, state } = look(device);
    return {
      device,
      index: Number(text(join(folder, 'index')) ?? 0),
      name: text(join(folder, 'name')) ?? basename(device),
      driver: linked(join(parent, 'driver')),
      bus: busOf(parent),
      serial: serialOf(parent),
      access,
      identity: `${ino} ${text(join(folder, 'dev')) ?? ''}`,
      state,
    };
  } catch {
    return null;
  }
}

function look(device: string): Pick<VideoNode, 'access' | 'state'> {
  try {
    const { ino, ctimeMs } = statSync(device);
    const state = `${ino} ${ctimeMs}`;
    try {
      accessSync(device, constants.R_OK | constants.W_OK);
      return { access: 'open', state };
    } catch {
      return { access: 'denied', state: `${state} denied` };
    }
  } catch {
    return { access: 'absent', state: 'absent' };
  }
}

/** As the driver would say it, for when it cannot be asked: `usb-0000:00:14.0-1.2`, `platform:vivid.0`. */
function busOf(parent: string): string {
  const [, controller, port] = /\/([^/]+)\/usb\d+\/(?:[^/]+\/)*\d+-([\d.]+)(?:\/|$)/.exec(parent) ?? [];
  return controller !== undefined && port !== undefined ? `usb-${controller}-${port}` : `platform:${basename(parent)}`;
}

/** A camera is one of the interfaces of its USB device, whose folder has the number. */
function serialOf(parent: string): string | null {
  if (text(join(dirname(parent), 'idVendor')) === null) return null;
  const serial = text(join(dirname(parent), 'serial')) ?? '';
  // It is written into configurations and shown to people.
  return /^[\x21-\x7e](?:[\x20-\x7e]{0,98}[\x21-\x7e])?$/.test(serial) ? serial : null;
}

function linked(link: string): string {
  try {
    return basename(realpathSync(link));
  } catch {
    return '';
  }
}

function text(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
