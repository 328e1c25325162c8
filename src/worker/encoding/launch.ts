import type { Source } from '../../domain/source.js';
import type { MachineFacts } from '../../gst/machine.js';
import type { CodecName } from '../../protocol/codecs.js';
import { CODEC_ELEMENTS, describeDepayloader } from './codec-elements.js';
import type { EncoderSettings } from './encoders.js';
import { toSystemMemory } from './raw-video.js';

/**
 * How long webrtcbin's jitter buffer waits for the retransmission of a lost packet. Packets in order are not delayed.
 */
const PUBLISHER_LATENCY_MS = 200;

/** Keeps the last raw frame, by reference. */
const LAST_FRAME = 'fakesink name=last sync=false async=false enable-last-sample=true';

export interface CameraFormat {
  /** Pixels. */
  width: number;
  height: number;
  /** Frames per second. */
  framerate: number;
}

/** The settings of a camera's stream. */
export interface OutputSettings extends CameraFormat, EncoderSettings {}

/**
 * The launch line from raw frames to the fanout. The source is linked to `in` by its owner; the videorate `rate` drops
 * excess frames, and its max-rate can change in PLAYING. A second encoder takes its frames from the tee `raw`; `last`
 * keeps the last frame.
 * @param encoder from describeEncoder
 * @param framerate null for no limit
 */
export function describeEncoding(encoder: string, framerate: number | null): string {
  const input = [
    'funnel name=in',
    describeThinning('rate', framerate),
    'tee name=raw allow-not-linked=true',
    LAST_FRAME,
  ];
  const output = ['raw.', encoder, ...CODEC_ELEMENTS.H264.parser, describeFanout('video')];
  // A tee pushes to its first pad first: `last` has a frame before the encoder starts on it (see measureStream).
  return `${input.join(' ! ')}  ${output.join(' ! ')}`;
}

/** Drops frames above a rate; `skip-to-first`: does not fill the time before the first frame. */
export const describeThinning = (name: string, framerate: number | null): string =>
  `videorate name=${name} drop-only=true skip-to-first=true${framerate === null ? '' : ` max-rate=${framerate}`}`;

/** What a publisher sends; `webrtc` is its webrtcbin, whose pads are numbered by the media sections of the offer. */
export function describePublication(video: CodecName, hasAudio: boolean): string {
  return [
    `webrtcbin name=webrtc bundle-policy=max-bundle latency=${PUBLISHER_LATENCY_MS}`,
    `webrtc.src_0 ! ${describeDepayloader(video)} ! ${describeFanout('video')}`,
    ...(hasAudio ? [`webrtc.src_1 ! ${describeDepayloader('OPUS')} ! ${describeFanout('audio')}`] : []),
  ].join('  ');
}

/** What a peer with several cameras sends; their fanouts are `video0`, `video1`, … */
export function describeMultiCameraPublication(cameras: number): string {
  return [
    `webrtcbin name=webrtc bundle-policy=max-bundle latency=${PUBLISHER_LATENCY_MS}`,
    ...Array.from(
      { length: cameras },
      (_, index) =>
        `webrtc.src_${index} ! ${describeDepayloader('H264', `parse${index}`)} ! ${describeFanout(`video${index}`)}`,
    ),
  ].join('  ');
}

/**
 * A second encoder of a camera, behind a proxysrc: one that is too slow drops frames, and blocks nothing.
 * @param decode whether it takes the camera's encoded stream rather than raw frames
 */
export function describeVp8(
  { bitrate, keyframeInterval }: EncoderSettings,
  decode: boolean,
  machine: MachineFacts,
): string {
  const line = [
    'proxysrc name=in',
    ...(decode ? ['decodebin'] : []),
    'queue leaky=downstream max-size-buffers=2 max-size-bytes=0 max-size-time=0',
    toSystemMemory(machine, 'I420'),
    'tee name=decoded',
    // Bit/s; buffer sizes in ms, as for the H.264 encoders.
    `vp8enc name=encoder deadline=1 cpu-used=8 lag-in-frames=0 end-usage=cbr target-bitrate=${bitrate} ` +
      `keyframe-max-dist=${keyframeInterval} buffer-size=200 buffer-initial-size=100 buffer-optimal-size=120 ` +
      'error-resilient=default threads=2',
    describeFanout('video'),
  ].join(' ! ');
  return decode ? `${line}  decoded. ! ${LAST_FRAME}` : line;
}

/**
 * The end of a stream, where viewers attach (see Fanout).
 *
 *     … ! identity "encoded" ! funnel "gate" ! tee "tap" ! queue ! identity "sent" ! tee "fanout" ! viewers
 *
 * `encoded` counts frames, and converts their timestamps to running time: otherwise a viewer that is switched away from
 * x264enc, whose timestamps start at 1000 hours, would wait forever for the time of packets that its payloader still
 * has. `gate` stops EOS, see Fanout. Other consumers branch off before the queue, behind which one thread serves all
 * viewers. Frames that stay in the queue show that the thread is stuck.
 */
export function describeFanout(name: string): string {
  return [
    `identity name=${name}-encoded silent=true single-segment=true`,
    `funnel name=${name}-gate`,
    `tee name=${name}-tap allow-not-linked=true`,
    `queue name=${name}-queue leaky=downstream max-size-buffers=30 max-size-bytes=0 max-size-time=0`,
    `identity name=${name}-sent silent=true`,
    `tee name=${name}-fanout allow-not-linked=true`,
  ].join(' ! ');
}

/**
 * The property of the element `source` for the device, file or URL that the user named; null for a source without.
 * @param device the current path of a V4L2 camera that is named by its serial number or bus
 */
export function sourceProperty(source: Source, device: string | null = null): [name: string, value: string] | null {
  switch (source.type) {
    case 'test':
    case 'whip':
    case 'forwarded':
    case 'argus':
    case 'gst':
      return null;
    case 'libcamera':
      return source.camera === null ? null : ['camera-name', source.camera];
    case 'v4l2':
      return ['device', device ?? source.name];
    case 'file':
      return ['location', source.path];
    case 'rtsp':
      return ['location', source.url];
  }
}
