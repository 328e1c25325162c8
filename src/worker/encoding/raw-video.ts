import type { MachineFacts } from '../../gst/machine.js';

/**
 * Raw pictures lie in system memory or, on a Jetson, in NVMM, where its decoders, its image processor and its encoder
 * work on them without the CPU. There nvvidconv stands where videoconvert and videoscale stand elsewhere: it takes both
 * kinds of memory and brings either.
 */
export const NVMM = 'video/x-raw(memory:NVMM),format=NV12';

export const isJetson = (machine: MachineFacts): boolean => machine.has('nvvidconv');

/** Brings whatever raw pictures come into system memory, in one format. */
export const toSystemMemory = (machine: MachineFacts, format: 'NV12' | 'I420'): string =>
  `${isJetson(machine) ? 'nvvidconv' : 'videoconvert'} ! video/x-raw,format=${format}`;

/**
 * Makes pictures of one size.
 * @param borders where the aspect ratio is another: black beside the picture, rather than one that is stretched. A Jetson
 *   stretches
 */
export function describeScaling(
  machine: MachineFacts,
  { width, height }: { width: number; height: number },
  borders: boolean,
): string[] {
  const size = `width=${width},height=${height}`;
  if (!isJetson(machine)) return [`videoscale add-borders=${borders}`, `video/x-raw,${size},pixel-aspect-ratio=1/1`];
  // Where the encoder is not the Jetson's own (Orin Nano has none), pictures are on their way to system memory.
  return ['nvvidconv', `${machine.has('nvv4l2h264enc') ? NVMM : 'video/x-raw,format=I420'},${size}`];
}

/**
 * What brings a raw format of system memory into one that goes on from there; nothing where every format does. What
 * nvvidconv takes is from gst-inspect-1.0 on JetPack 5 and 6.
 */
export const describeAcceptable = (machine: MachineFacts, format: string): string[] =>
  isJetson(machine) && !NVVIDCONV_TAKES.has(format) ? [`videoconvert ! video/x-raw,format=I420`] : [];

const NVVIDCONV_TAKES = new Set([
  ...['I420', 'NV12', 'UYVY', 'YUY2', 'YVYU', 'NV16', 'NV24', 'Y42B', 'Y444', 'P010_10LE', 'GRAY8', 'BGRx', 'RGBA'],
]);
