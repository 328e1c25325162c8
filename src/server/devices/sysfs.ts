import { accessSync, constants, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A /dev/videoN as the kernel lists it, without querying its driver. */
export interface VideoNode {
  /** `/dev/video0` */
  device: string;
  /** Its position among the nodes of its camera; a webcam has video at 0, metadata at 1. */
  index: number;
  name: string;
  /** Empty where the kernel names none. */
  driver: string;
  bus: string;
  /** Of the USB device. */
  serial: string | null;
  access: 'open' | 'denied' | 'absent';
  /** Changes each time that a device is plugged in, even under the same number. */
  identity: string;
  /** Changes whenever the node's permissions may have changed. */
  state: string;
}

export interface DevicePaths {
  /** The folder in which the kernel lists video devices. */
  sysfs: string;
  /** The folder of their nodes. */
  dev: string;
}

export const DEVICE_PATHS: DevicePaths = { sysfs: '/sys/class/video4linux', dev: '/dev' };

/** Matches video nodes only; radios, teletext and touch pads have other names. */
export const VIDEO_NODE = /^video(\d+)$/;

/** The video nodes of this machine, sorted by number; none where the kernel has no V4L2. */
export function readNodes({ sysfs, dev }: DevicePaths = DEVICE_PATHS): VideoNode[] {
  return namesIn(sysfs)
    .filter(name => VIDEO_NODE.test(name))
    .sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)))
    .flatMap(name => {
      const node = readNode(join(sysfs, name), join(dev, name));
      return node ? [node] : [];
    });
}

/** Null for a node that disappears while it is read. */
function readNode(folder: string, device: string): VideoNode | null {
  try {
    const { ino } = statSync(folder);
    const parent = realpathSync(join(folder, 'device'));
    const { access, state } = checkAccess(device);
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

function checkAccess(device: string): Pick<VideoNode, 'access' | 'state'> {
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

/** The bus in the driver's notation, for when it cannot be queried: `usb-0000:00:14.0-1.2`, `platform:vivid.0`. */
function busOf(parent: string): string {
  const [, controller, port] = /\/([^/]+)\/usb\d+\/(?:[^/]+\/)*\d+-([\d.]+)(?:\/|$)/.exec(parent) ?? [];
  return controller !== undefined && port !== undefined ? `usb-${controller}-${port}` : `platform:${basename(parent)}`;
}

/** The serial number is in the folder of the USB device, of which a camera is one interface. */
function serialOf(parent: string): string | null {
  if (text(join(dirname(parent), 'idVendor')) === null) return null;
  const serial = text(join(dirname(parent), 'serial')) ?? '';
  // Only printable characters: it is written into configurations and shown to people.
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
