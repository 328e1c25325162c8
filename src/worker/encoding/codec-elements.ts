import type { SentStream } from '../../gst/peer.js';
import type { HeaderExtension } from '../../messages/camera-worker.js';
import { CODECS, type CodecName } from '../../protocol/codecs.js';

/** The GStreamer elements of a codec. A codec whose elements are not installed can be neither published nor watched. */
export interface CodecElements {
  payloader: string;
  /** The payloader's properties, besides payload type, SSRC and MTU. */
  properties: string;
  depayloader: string;
  /** The output caps of the depayloader; null for its default. */
  unpacked: string | null;
  /** Converts a stream to the form that payloaders and decoders take; empty if none is needed. */
  parser: readonly string[];
}

export const CODEC_ELEMENTS: Readonly<Record<CodecName, CodecElements>> = {
  H264: {
    payloader: 'rtph264pay',
    // The parser inserts SPS and PPS before keyframes. The payloader would insert them before every slice of a
    // keyframe, in the middle of the access unit, which parsers take for the start of another.
    properties: 'config-interval=0 aggregate-mode=zero-latency',
    depayloader: 'rtph264depay',
    // In this form the depayloader removes SPS and PPS from the stream, wherever the sender put them: see `properties`.
    unpacked: 'video/x-h264,stream-format=avc,alignment=au',
    parser: ['h264parse name=parse config-interval=-1', 'video/x-h264,stream-format=byte-stream,alignment=au'],
  },
  VP8: {
    payloader: 'rtpvp8pay',
    properties: 'picture-id-mode=15-bit',
    depayloader: 'rtpvp8depay',
    unpacked: null,
    parser: [],
  },
  VP9: {
    payloader: 'rtpvp9pay',
    properties: 'picture-id-mode=15-bit',
    depayloader: 'rtpvp9depay',
    unpacked: null,
    parser: ['vp9parse name=parse', 'video/x-vp9,alignment=super-frame'],
  },
  AV1: {
    payloader: 'rtpav1pay',
    properties: '',
    depayloader: 'rtpav1depay',
    unpacked: null,
    parser: ['av1parse name=parse', 'video/x-av1,alignment=tu'],
  },
  H265: {
    payloader: 'rtph265pay',
    properties: 'config-interval=0 aggregate-mode=zero-latency',
    depayloader: 'rtph265depay',
    unpacked: null,
    parser: ['h265parse name=parse config-interval=-1', 'video/x-h265,stream-format=byte-stream,alignment=au'],
  },
  OPUS: { payloader: 'rtpopuspay', properties: '', depayloader: 'rtpopusdepay', unpacked: null, parser: [] },
};

/** Bytes of an RTP packet: with SRTP, UDP and IPv6, or a tunnel, it fits into 1280 bytes, the minimum MTU of IPv6. */
const MTU = 1200;

/** What a viewer is sent in a codec, with the payload type of its offer. */
export function sentStream(
  codec: CodecName,
  { payloadType, ssrc, retransmit }: { payloadType: number; ssrc: number; retransmit: boolean },
): SentStream {
  const { payloader, properties } = CODEC_ELEMENTS[codec];
  return {
    payloader,
    properties: `pt=${payloadType} ssrc=${ssrc} mtu=${MTU} ${properties}`.trim(),
    caps: `${rtpCaps(codec, payloadType)},ssrc=(uint)${ssrc}`,
    retransmit,
  };
}

/** RTP caps of a codec. */
function rtpCaps(codec: CodecName, payloadType: number): string {
  const { kind, clockRate } = CODECS[codec];
  return `application/x-rtp,media=${kind},encoding-name=${codec},clock-rate=${clockRate},payload=${payloadType}`;
}

/** RTP caps of what a publisher sends: webrtcbin reports packet arrival only for header extensions in the caps. */
export function receivedCaps(
  codec: CodecName,
  { payloadType, extensions }: { payloadType: number; extensions: readonly HeaderExtension[] },
): string {
  return [rtpCaps(codec, payloadType), ...extensions.map(({ id, uri }) => `extmap-${id}=(string)"${uri}"`)].join();
}

/**
 * The part of a launch line from a publisher's RTP to a parsed stream.
 * @param name of the parser element, for launch lines that have several
 */
export function describeDepayloader(codec: CodecName, name = 'parse'): string {
  const { depayloader, unpacked, parser } = CODEC_ELEMENTS[codec];
  const named = parser.map(part => part.replace(/ name=parse\b/, ` name=${name}`));
  return [depayloader, ...(unpacked === null ? [] : [unpacked]), ...named].join(' ! ');
}
