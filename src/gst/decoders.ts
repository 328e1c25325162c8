import type { MachineFacts } from './machine.js';

/**
 * The known H.264 decoders, best first. A trial shows which of them work.
 *
 * Sources: NVIDIA's Accelerated GStreamer guide for Jetson, GStreamer's plugin documentation for the rest. This
 * project's tests run only avdec_h264 and openh264dec; the others are as documented.
 */
export interface Decoder {
  /** The GStreamer element. */
  element: string;
  title: string;
  /** Properties that make it output each frame at once; set if the installed element has them. */
  properties: Readonly<Record<string, string>>;
  /** The part of the launch line that moves its frames into system memory. */
  output: string;
}

const SYSTEM_MEMORY = 'video/x-raw';

// Of GstVideoDecoder (1.20). With frames displayed at once, none is too late; and the best remedy for a frame that
// cannot be decoded is a keyframe.
const LIVE = { qos: 'false', 'automatic-request-sync-points': 'true' };

export const DECODERS: readonly Decoder[] = [
  {
    element: 'nvv4l2decoder',
    title: 'NVIDIA Jetson',
    // No frame waits in the DPB for one that is displayed before it: there are no B-frames.
    properties: { ...LIVE, 'disable-dpb': 'true', 'enable-max-performance': 'true' },
    output: `nvvidconv ! ${SYSTEM_MEMORY}`,
  },
  {
    element: 'nvh264dec',
    title: 'NVIDIA GPU',
    // From 1.24; before, the element holds back as many frames as the stream declares.
    properties: { ...LIVE, 'max-display-delay': '0' },
    output: SYSTEM_MEMORY,
  },
  { element: 'vah264dec', title: 'VA-API', properties: LIVE, output: SYSTEM_MEMORY },
  { element: 'v4l2h264dec', title: 'V4L2 M2M (Raspberry Pi)', properties: LIVE, output: SYSTEM_MEMORY },
  {
    element: 'avdec_h264',
    title: 'FFmpeg (software)',
    // Its default, one thread per frame, delays output by as many frames as there are threads.
    properties: { ...LIVE, 'thread-type': 'slice' },
    output: SYSTEM_MEMORY,
  },
  { element: 'openh264dec', title: 'OpenH264 (software)', properties: LIVE, output: SYSTEM_MEMORY },
];

/**
 * The part of a launch line that decodes H.264 (byte-stream, one frame per buffer) into raw video.
 * @param name of the decoder element
 */
export function describeDecoder(
  { element, properties, output }: Decoder,
  machine: MachineFacts,
  name = 'decoder',
): string {
  const set = Object.entries(properties).filter(([property]) => machine.property(element, property));
  return `${[element, `name=${name}`, ...set.map(([property, value]) => `${property}=${value}`)].join(' ')} ! ${output}`;
}
