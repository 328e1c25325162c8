import { setTimeout as wait } from 'node:timers/promises';
import type { CaptureDevice, CaptureMode } from '../../domain/devices.js';
import { isH264, isJpeg, rawFormat } from '../../domain/pixel-formats.js';
import { parseFormats } from './parse-formats.js';
import { type NodeInfo, parseInfo, tidy } from './parse-info.js';
import type { VideoNode } from './sysfs.js';
import { INSTALL_V4L2_CTL, V4l2Error, v4l2ctl } from './v4l2-ctl.js';

/** A node with what its driver says about it. */
export type Inspected = CaptureDevice & Pick<VideoNode, 'index'>;

/** A camera may not open right after it was plugged in. */
const ATTEMPTS = 3;
const PAUSE_MS = 200;

/**
 * Queries a node's driver. A node that cannot be queried is described by what the kernel lists, with the reason.
 * @param onMissing is called if v4l2-ctl is not installed
 * @returns null for a node that captures no video
 */
export async function inspect(node: VideoNode, onMissing: () => void): Promise<Inspected | null> {
  const { device, index, driver, bus, serial, access } = node;
  const listed: Inspected = { device, index, name: tidy(node.name), driver, bus, serial, usable: null, modes: [] };
  // Judging by the kernel's list alone, a camera's first node is the one that captures video.
  const unasked = (usable: string): Inspected | null => (index === 0 ? { ...listed, usable } : null);
  if (access === 'absent')
    return unasked(`${device} does not exist. In a container, pass it in: docker run --device ${device} …`);
  if (access === 'denied') return unasked(DENIED(device));
  try {
    const { info, modes } = await ask(device);
    if (!info.captures) return null;
    return {
      ...listed,
      driver: info.driver,
      name: info.name,
      bus: info.bus || bus,
      modes,
      usable: whyNot(info, modes),
    };
  } catch (error) {
    if (!(error instanceof V4l2Error)) throw error;
    if (error.fault === 'missing') {
      onMissing();
      return unasked(`v4l2-ctl is not installed, so its formats are unknown. ${INSTALL_V4L2_CTL}`);
    }
    if (error.fault === 'hung') return unasked(`${error.message}. Unplug it and plug it in again.`);
    return unasked(`its driver says: ${error.message || 'nothing'}. Unplug it and plug it in again.`);
  }
}

async function ask(device: string): Promise<{ info: NodeInfo; modes: CaptureMode[] }> {
  for (let attempt = 1; ; attempt++) {
    try {
      const text = await v4l2ctl(device, ['--info', '--list-formats-ext']);
      const info = parseInfo(text);
      if (!info) throw new V4l2Error('failed', 'the output of v4l2-ctl cannot be parsed');
      return { info, modes: parseFormats(text) };
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof V4l2Error) || error.fault !== 'failed') throw error;
      await wait(PAUSE_MS);
    }
  }
}

const DENIED = (device: string): string =>
  `this user may not open ${device}. Add it to the group that may: sudo usermod -aG video $USER, then log in again.`;

/** Bayer formats: fourccs of linux/videodev2.h with 8 to 16 bits, packed or not. */
const BAYER = /^(?:BA81|GBRG|GRBG|RGGB|BYR2|(?:BG|GB|BA|RG|GR)1[0246]|[pab](?:B|g|G|R)[A-F0-9]{2})$/;

/** Why a node's video cannot be used, and what to do; null if it can. */
export function whyNot({ driver, needsMediaController }: NodeInfo, modes: readonly CaptureMode[]): string | null {
  const formats = [...new Set(modes.map(({ format }) => format))];
  const instead =
    driver === 'tegra-video'
      ? "Use the source argus:0 (or the number of the sensor) instead, which uses NVIDIA's image processor."
      : 'Use the source libcamera instead, which uses the image processor.';
  if (needsMediaController) return `it is one of several devices that make up a camera. ${instead}`;
  if (formats.some(format => rawFormat(format) !== null || isJpeg(format) || isH264(format))) return null;
  if (formats.length === 0) return 'it lists no format. If another program feeds it, start that program.';
  if (formats.every(format => BAYER.test(format)))
    return `it delivers only raw data of its sensor (${formats.join(', ')}). ${instead}`;
  return `it delivers only ${formats.slice(0, 5).join(', ')}, which cannot be sent as video.`;
}
