import type { MachineFacts } from '../../gst/machine.js';

/**
 * Raw frames are in system memory or, on a Jetson, in NVMM, where its decoders, its image processor and its encoder
 * process them without the CPU. There nvvidconv replaces videoconvert and videoscale: it takes both kinds of memory and
 * outputs either.
 */
export const NVMM = 'video/x-raw(memory:NVMM),format=NV12';

export const isJetson = (machine: MachineFacts): boolean => machine.has('nvvidconv');

/** Converts raw frames to one format in system memory. */
export const toSystemMemory = (machine: MachineFacts, format: 'NV12' | 'I420'): string =>
  `${isJetson(machine) ? 'nvvidconv' : 'videoconvert'} ! video/x-raw,format=${format}`;

/**
 * Scales frames to one size.
 * @param borders letterboxes frames of another aspect ratio, instead of stretching them. A Jetson stretches
 */
export function describeScaling(
  machine: MachineFacts,
  { width, height }: { width: number; height: number },
  borders: boolean,
): string[] {
  const size = `width=${width},height=${height}`;
  if (!isJetson(machine)) return [`videoscale add-borders=${borders}`, `video/x-raw,${size},pixel-aspect-ratio=1/1`];
  // For an encoder that is not the Jetson's own (Orin Nano has none), frames go to system memory.
  return ['nvvidconv', `${machine.has('nvv4l2h264enc') ? NVMM : 'video/x-raw,format=I420'},${size}`];
}

/**
 * Converts a raw format in system memory to one that the next element takes; empty if it takes every format. The
 * formats of nvvidconv are from gst-inspect-1.0 on JetPack 5 and 6.
 */
export const describeAcceptable = (machine: MachineFacts, format: string): string[] =>
  isJetson(machine) && !NVVIDCONV_TAKES.has(format) ? [`videoconvert ! video/x-raw,format=I420`] : [];

const NVVIDCONV_TAKES = new Set([
  ...['I420', 'NV12', 'UYVY', 'YUY2', 'YVYU', 'NV16', 'NV24', 'Y42B', 'Y444', 'P010_10LE', 'GRAY8', 'BGRx', 'RGBA'],
]);
