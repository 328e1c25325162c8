import type { MachineFacts } from '../../gst/machine.js';
import { NVMM, toSystemMemory } from './raw-video.js';

/**
 * The H.264 encoders that are known, best first: what each is called, what stands before it, and how it is told to
 * encode at once, without B-frames. The first that really opens is used: having the element, a GPU or a version says
 * nothing (data-centre GPUs have no encoder, consumer drivers limit how many run).
 *
 * Sources: NVIDIA's Accelerated GStreamer guide for Jetson, GStreamer's plugin documentation and sources for the rest.
 * What may be set while an element plays is what its property says (GST_PARAM_MUTABLE_PLAYING) or, where that says
 * nothing, what its code does. The bitrate of nvv4l2h264enc may, as NVIDIA's guide has it, though gst-inspect denies it.
 * Only x264enc and openh264enc were run by this project's tests.
 */
export interface EncoderSettings {
  /** Bit/s. */
  bitrate: number;
  /** Frames. */
  keyframeInterval: number;
}

/** GStreamer's force-key-unit event, or an action signal of the element's own. */
export type KeyframeWay = 'event' | 'force-IDR';

export interface Encoder {
  /** The GStreamer element. */
  element: string;
  title: string;
  /** What brings raw video into the memory and format that it takes. */
  input: (machine: MachineFacts) => string;
  /** Caps behind it, where they decide what it makes; null where a property does, and caps would not be understood. */
  output: string | null;
  /** Properties by their GStreamer names; one that this version of the element lacks is left out. */
  properties: (settings: EncoderSettings) => Readonly<Record<string, string | number | boolean>>;
  /**
   * Those that may be set while it plays, so that it encodes on at another bitrate; what is not among them needs a new
   * encoder. Values as text are in the form of launch lines.
   */
  live: (settings: EncoderSettings) => Readonly<Record<string, string | number>>;
  /** What makes a keyframe: GStreamer's force-key-unit event, or the element's own action signal. */
  keyframe: KeyframeWay;
}

const kbit = (bitrate: number): number => Math.max(1, Math.round(bitrate / 1000));
const bitrateInKbit: Encoder['live'] = ({ bitrate }) => ({ bitrate: kbit(bitrate) });
/** It is set up anew in its place, which costs a keyframe. */
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
    // Its `profile` decides; its caps know none.
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
    // Left to itself, the Raspberry Pi's driver takes a level that is too low for most sizes, and refuses them.
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

/**
 * The part of a launch line that turns raw video into H.264, with the properties that the installed element has.
 */
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

/**
 * What is to be set on an encoder that plays, for it to go on with other settings; null if that needs a new one.
 */
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
