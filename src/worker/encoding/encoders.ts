import type { MachineFacts } from '../../gst/machine.js';
import { NVMM, toSystemMemory } from './raw-video.js';

/**
 * The known H.264 encoders, best first: the element, its input, and its settings for low latency without B-frames. The
 * first that really opens is used: an installed element, a GPU or a version proves nothing (data-centre GPUs have no
 * encoder, consumer drivers limit the number of sessions).
 *
 * Sources: NVIDIA's Accelerated GStreamer guide for Jetson, GStreamer's plugin documentation and sources for the rest.
 * Which properties can change in PLAYING is from their flags (GST_PARAM_MUTABLE_PLAYING) or, where those are missing,
 * from the element's code. The bitrate of nvv4l2h264enc can, according to NVIDIA's guide, though gst-inspect denies it.
 * This project's tests have run x264enc and openh264enc only.
 */
export interface EncoderSettings {
  /** Bit/s. */
  bitrate: number;
  /** Frames. */
  keyframeInterval: number;
}

/** How a keyframe is requested: GStreamer's force-key-unit event, or the element's own action signal. */
export type KeyframeMethod = 'event' | 'force-IDR';

export interface Encoder {
  /** The GStreamer element. */
  element: string;
  title: string;
  /** Converts raw video to the memory and format that it takes. */
  input: (machine: MachineFacts) => string;
  /** Output caps that select the profile; null where a property does, and the element does not understand such caps. */
  output: string | null;
  /** Properties by their GStreamer names; those that the installed version lacks are omitted. */
  properties: (settings: EncoderSettings) => Readonly<Record<string, string | number | boolean>>;
  /**
   * Properties that can change in PLAYING; a change of any other needs a new encoder. Strings have the syntax of launch
   * lines.
   */
  live: (settings: EncoderSettings) => Readonly<Record<string, string | number>>;
  keyframe: KeyframeMethod;
}

const kbit = (bitrate: number): number => Math.max(1, Math.round(bitrate / 1000));
const bitrateInKbit: Encoder['live'] = ({ bitrate }) => ({ bitrate: kbit(bitrate) });
/** The element reconfigures its session, which costs a keyframe. */
const gopInPlace: Encoder['live'] = ({ bitrate, keyframeInterval }) => ({
  bitrate: kbit(bitrate),
  'gop-size': keyframeInterval,
});
const nv12: Encoder['input'] = machine => toSystemMemory(machine, 'NV12');
const i420: Encoder['input'] = machine => toSystemMemory(machine, 'I420');
const BASELINE = 'video/x-h264,profile=(string){ constrained-baseline, baseline }';

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
    input: () => `nvvidconv ! ${NVMM}`,
    // `profile` selects the profile; its caps have none.
    output: null,
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
    input: nv12,
    output: BASELINE,
    properties: nvidiaDesktop,
    live: gopInPlace,
    keyframe: 'event',
  },
  {
    element: 'nvcudah264enc',
    title: 'NVIDIA GPU (CUDA)',
    input: nv12,
    output: BASELINE,
    properties: nvidiaDesktop,
    live: gopInPlace,
    keyframe: 'event',
  },
  {
    element: 'nvh264enc',
    title: 'NVIDIA GPU',
    input: nv12,
    output: BASELINE,
    properties: settings => ({ ...nvidiaDesktop(settings), preset: 'low-latency-hq' }),
    live: bitrateInKbit,
    keyframe: 'event',
  },
  {
    element: 'vah264enc',
    title: 'VA-API',
    input: nv12,
    output: BASELINE,
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
    input: nv12,
    output: BASELINE,
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
    input: nv12,
    output: BASELINE,
    properties: ({ bitrate, keyframeInterval }) => ({
      bitrate: kbit(bitrate),
      'rate-control': 'cbr',
      'gop-size': keyframeInterval,
      'b-frames': 0,
      'ref-frames': 1,
      'low-latency': true,
    }),
    live: gopInPlace,
    keyframe: 'event',
  },
  {
    element: 'v4l2h264enc',
    title: 'V4L2 M2M (Raspberry Pi)',
    input: i420,
    // By default the Raspberry Pi's driver chooses a level that is too low for most sizes, and rejects them.
    output: `${BASELINE},level=(string)4`,
    properties: settings => ({ 'extra-controls': v4l2Controls(settings) }),
    live: settings => ({ 'extra-controls': v4l2Controls(settings) }),
    keyframe: 'event',
  },
  {
    element: 'mpph264enc',
    title: 'Rockchip',
    input: nv12,
    output: BASELINE,
    properties: ({ bitrate, keyframeInterval }) => ({
      bps: bitrate,
      gop: keyframeInterval,
      'rc-mode': 'cbr',
      'header-mode': 'each-idr',
    }),
    live: ({ bitrate, keyframeInterval }) => ({ bps: bitrate, gop: keyframeInterval }),
    keyframe: 'event',
  },
  {
    element: 'x264enc',
    title: 'x264 (software)',
    input: i420,
    output: BASELINE,
    properties: ({ bitrate, keyframeInterval }) => ({
      bitrate: kbit(bitrate),
      'key-int-max': keyframeInterval,
      tune: 'zerolatency',
      'speed-preset': 'ultrafast',
      // ms: no frame may take longer than this to send at the target bitrate.
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
    input: i420,
    output: BASELINE,
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

/** The part of a launch line from raw video to H.264, with the properties that the installed element has. */
export function describeEncoder(encoder: Encoder, settings: EncoderSettings, machine: MachineFacts): string {
  const { element, input, output } = encoder;
  const properties = Object.entries(encoder.properties(settings))
    .filter(([name]) => machine.property(element, name))
    .map(([name, value]) => `${name}=${String(value).includes(',') ? `"${value}"` : value}`);
  return [
    input(machine),
    [element, 'name=encoder', ...properties].join(' '),
    ...(output === null ? [] : [output]),
  ].join(' ! ');
}

/** The properties to set on an encoder in PLAYING for other settings; null if they need a new encoder. */
export function liveChange(
  encoder: Encoder,
  from: EncoderSettings,
  to: EncoderSettings,
  machine: MachineFacts,
): Readonly<Record<string, string | number>> | null {
  const before = encoder.properties(from);
  const live = encoder.live(to);
  const changed = Object.entries(encoder.properties(to))
    .filter(([name, value]) => value !== before[name] && machine.property(encoder.element, name))
    .map(([name]) => name);
  if (changed.some(name => !Object.hasOwn(live, name))) return null;
  return Object.fromEntries(Object.entries(live).filter(([name]) => changed.includes(name)));
}
