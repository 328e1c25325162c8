import type { MachineFacts } from './machine.js';

/**
 * The H.264 decoders that are known, best first. Which of them really decode is for a trial to say.
 *
 * Sources: NVIDIA's Accelerated GStreamer guide for Jetson, GStreamer's plugin documentation for the rest. Only
 * avdec_h264 and openh264dec were run by this project's tests; the others are as documented.
 */
export interface Decoder {
  /** The GStreamer element. */
  element: string;
  title: string;
  /** What makes it hand out each picture as soon as it has it; each is set where the installed element has it. */
  properties: Readonly<Record<string, string>>;
  /** What brings its pictures into the memory that every element reads. */
  output: string;
}

const SYSTEM_MEMORY = 'video/x-raw';

// Of GstVideoDecoder (1.20). Whoever is shown pictures at once is never too late for one, and a picture that cannot be
// decoded is best mended by a keyframe.
const LIVE = { qos: 'false', 'automatic-request-sync-points': 'true' };

export const DECODERS: readonly Decoder[] = [
  {
    element: 'nvv4l2decoder',
    title: 'NVIDIA Jetson',
    // No picture waits in the decoded picture buffer for one that may be shown before it: there are no B-frames.
    properties: { ...LIVE, 'disable-dpb': 'true', 'enable-max-performance': 'true' },
    output: `nvvidconv ! ${SYSTEM_MEMORY}`,
  },
  {
    element: 'nvh264dec',
    title: 'NVIDIA GPU',
    // From 1.24; before, the element keeps as many as the stream says.
    properties: { ...LIVE, 'max-display-delay': '0' },
    output: SYSTEM_MEMORY,
  },
  { element: 'vah264dec', title: 'VA-API', properties: LIVE, output: SYSTEM_MEMORY },
  { element: 'v4l2h264dec', title: 'V4L2 M2M (Raspberry Pi)', properties: LIVE, output: SYSTEM_MEMORY },
  {
    element: 'avdec_h264',
    title: 'FFmpeg (software)',
    // A thread a picture, which it would choose by itself, makes a picture wait for as many as there are threads.
    properties: { ...LIVE, 'thread-type': 'slice' },
    output: SYSTEM_MEMORY,
  },
  { element: 'openh264dec', title: 'OpenH264 (software)', properties: LIVE, output: SYSTEM_MEMORY },
];

/**
 * The part of a launch line that turns H.264 (byte-stream, a picture a buffer) into raw video.
 * @param name of the decoder's element
 */
export function describeDecoder(
  { element, properties, output }: Decoder,
  machine: MachineFacts,
  name = 'decoder',
): string {
  const set = Object.entries(properties).filter(([property]) => machine.property(element, property));
  return `${[element, `name=${name}`, ...set.map(([property, value]) => `${property}=${value}`)].join(' ')} ! ${output}`;
}
