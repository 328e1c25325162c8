/**
 * The H.264 encoders that are known, best first: what each is called, what stands before it, and how it is told to
 * encode at once, without B-frames. The first that really opens is used: having the element, a GPU or a version says
 * nothing (data-centre GPUs have no encoder, consumer drivers limit how many run).
 *
 * Sources: NVIDIA's Accelerated GStreamer guide for Jetson, GStreamer's plugin documentation for the rest. Only x264enc
 * and openh264enc were run by this project's tests; the others are as documented.
 */
export interface EncoderSettings {
  /** Bit/s. */
  bitrate: number;
  /** Frames. */
  keyframeInterval: number;
}

export interface Encoder {
  /** The GStreamer element. */
  element: string;
  title: string;
  /** What brings raw video into the memory and format that it takes. */
  input: string;
  /** Properties by their GStreamer names; one that this version of the element lacks is left out. */
  properties: (settings: EncoderSettings) => Readonly<Record<string, string | number | boolean>>;
  /**
   * Those that may be set while it plays, so that it encodes on at another bitrate; what is not among them needs a new
   * encoder. Values as text are in the form of launch lines.
   */
  live: (settings: EncoderSettings) => Readonly<Record<string, string | number>>;
  /** What makes a keyframe: GStreamer's force-key-unit event, or the element's own action signal. */
  keyframe: 'event' | 'force-IDR';
}

const kbit = (bitrate: number): number => Math.max(1, Math.round(bitrate / 1000));
const bitrateInKbit: Encoder['live'] = ({ bitrate }) => ({ bitrate: kbit(bitrate) });
const SYSTEM_MEMORY = 'videoconvert ! video/x-raw,format=NV12';

const v4l2Controls = ({ bitrate, keyframeInterval }: EncoderSettings): string =>
  `controls,video_bitrate=${bitrate},video_gop_size=${keyframeInterval},h264_i_frame_period=${keyframeInterval},repeat_sequence_header=1`;

// Up to GStreamer 1.24 the desktop elements share most of their properties; 1.26 renamed and merged some.
const nvidiaDesktop: Encoder['properties'] = ({ bitrate, keyframeInterval }) => ({
  bitrate: kbit(bitrate),
  'gop-size': keyframeInterval,
  'rc-mode': 'cbr',
  'rate-control': 'cbr',
  bframes: 0,
  'b-frames': 0,
  zerolatency: true,
  'zero-reorder-delay': true,
  'repeat-sequence-header': true,
  aud: false,
});

export const ENCODERS: readonly Encoder[] = [
  {
    element: 'nvv4l2h264enc',
    title: 'NVIDIA Jetson',
    input: 'nvvidconv ! video/x-raw(memory:NVMM),format=NV12',
    properties: ({ bitrate, keyframeInterval }) => ({
      bitrate,
      'control-rate': 1,
      'preset-level': 1,
      'maxperf-enable': true,
      profile: 0,
      'num-B-Frames': 0,
      'poc-type': 2,
      'insert-sps-pps': true,
      'insert-vui': true,
      idrinterval: keyframeInterval,
      iframeinterval: keyframeInterval,
    }),
    live: ({ bitrate }) => ({ bitrate }),
    keyframe: 'force-IDR',
  },
  {
    element: 'nvautogpuh264enc',
    title: 'NVIDIA GPU (automatic)',
    input: SYSTEM_MEMORY,
    properties: nvidiaDesktop,
    live: bitrateInKbit,
    keyframe: 'event',
  },
  {
    element: 'nvcudah264enc',
    title: 'NVIDIA GPU (CUDA)',
    input: SYSTEM_MEMORY,
    properties: nvidiaDesktop,
    live: bitrateInKbit,
    keyframe: 'event',
  },
  {
    element: 'nvh264enc',
    title: 'NVIDIA GPU',
    input: SYSTEM_MEMORY,
    properties: settings => ({ ...nvidiaDesktop(settings), preset: 'low-latency-hq' }),
    live: bitrateInKbit,
    keyframe: 'event',
  },
  {
    element: 'vah264enc',
    title: 'VA-API',
    input: SYSTEM_MEMORY,
    properties: ({ bitrate, keyframeInterval }) => ({
      bitrate: kbit(bitrate),
      'rate-control': 'cbr',
      'key-int-max': keyframeInterval,
      'b-frames': 0,
      'ref-frames': 1,
    }),
    live: bitrateInKbit,
    keyframe: 'event',
  },
  {
    element: 'vaapih264enc',
    title: 'VA-API (gstreamer-vaapi)',
    input: SYSTEM_MEMORY,
    properties: ({ bitrate, keyframeInterval }) => ({
      bitrate: kbit(bitrate),
      'rate-control': 'cbr',
      'keyframe-period': keyframeInterval,
      'max-bframes': 0,
      refs: 1,
    }),
    live: bitrateInKbit,
    keyframe: 'event',
  },
  {
    element: 'qsvh264enc',
    title: 'Intel Quick Sync',
    input: SYSTEM_MEMORY,
    properties: ({ bitrate, keyframeInterval }) => ({
      bitrate: kbit(bitrate),
      'rate-control': 'cbr',
      'gop-size': keyframeInterval,
      'b-frames': 0,
      'ref-frames': 1,
      'low-latency': true,
    }),
    live: bitrateInKbit,
    keyframe: 'event',
  },
  {
    element: 'v4l2h264enc',
    title: 'V4L2 M2M (Raspberry Pi)',
    input: 'videoconvert ! video/x-raw,format=I420',
    properties: settings => ({ 'extra-controls': v4l2Controls(settings) }),
    live: settings => ({ 'extra-controls': v4l2Controls(settings) }),
    keyframe: 'event',
  },
  {
    element: 'mpph264enc',
    title: 'Rockchip',
    input: SYSTEM_MEMORY,
    properties: ({ bitrate, keyframeInterval }) => ({
      bps: bitrate,
      gop: keyframeInterval,
      'rc-mode': 'cbr',
      'header-mode': 'each-idr',
    }),
    live: ({ bitrate }) => ({ bps: bitrate }),
    keyframe: 'event',
  },
  {
    element: 'x264enc',
    title: 'x264 (software)',
    input: 'videoconvert ! video/x-raw,format=I420',
    properties: ({ bitrate, keyframeInterval }) => ({
      bitrate: kbit(bitrate),
      'key-int-max': keyframeInterval,
      tune: 'zerolatency',
      'speed-preset': 'ultrafast',
      // ms: no picture may take longer than this to send at the bitrate aimed at.
      'vbv-buf-capacity': 120,
      bframes: 0,
      'b-adapt': false,
    }),
    live: bitrateInKbit,
    keyframe: 'event',
  },
  {
    element: 'openh264enc',
    title: 'OpenH264 (software)',
    input: 'videoconvert ! video/x-raw,format=I420',
    properties: ({ bitrate, keyframeInterval }) => ({
      bitrate,
      'gop-size': keyframeInterval,
      'rate-control': 'bitrate',
      complexity: 'low',
      'scene-change-detection': false,
    }),
    live: ({ bitrate }) => ({ bitrate }),
    keyframe: 'event',
  },
];

/**
 * The part of a launch line that turns raw video into H.264.
 * @param has whether the installed element has a property
 */
export function describeEncoder(
  encoder: Encoder,
  settings: EncoderSettings,
  has: (property: string) => boolean,
): string {
  const properties = Object.entries(encoder.properties(settings))
    .filter(([name]) => has(name))
    .map(([name, value]) => `${name}=${String(value).includes(',') ? `"${value}"` : value}`);
  return [
    encoder.input,
    [encoder.element, 'name=encoder', ...properties].join(' '),
    'video/x-h264,profile=(string){ constrained-baseline, baseline }',
  ].join(' ! ');
}
