/**
 * The H.264 decoders that are known, best first. Which of them really decode is for the probe to say.
 *
 * Sources: NVIDIA's Accelerated GStreamer guide for Jetson, GStreamer's plugin documentation for the rest. Only
 * avdec_h264 and openh264dec were run by this project's tests; the others are as documented.
 */
export interface Decoder {
  /** The GStreamer element. */
  element: string;
  title: string;
  /** What brings its pictures into the memory that every element reads. */
  output: string;
}

const SYSTEM_MEMORY = 'video/x-raw';

export const DECODERS: readonly Decoder[] = [
  { element: 'nvv4l2decoder', title: 'NVIDIA Jetson', output: `nvvidconv ! ${SYSTEM_MEMORY}` },
  { element: 'nvh264dec', title: 'NVIDIA GPU', output: SYSTEM_MEMORY },
  { element: 'vah264dec', title: 'VA-API', output: SYSTEM_MEMORY },
  { element: 'v4l2h264dec', title: 'V4L2 M2M (Raspberry Pi)', output: SYSTEM_MEMORY },
  { element: 'avdec_h264', title: 'FFmpeg (software)', output: SYSTEM_MEMORY },
  { element: 'openh264dec', title: 'OpenH264 (software)', output: SYSTEM_MEMORY },
];

/** The part of a launch line that turns H.264 into raw video. */
export function describeDecoder({ element, output }: Decoder): string {
  return `h264parse ! ${element} name=decoder ! ${output}`;
}
