import type { SentStream } from '../../gst/peer.js';
import type { HeaderExtension } from '../../messages/camera-worker.js';
import { CODECS, type CodecName } from '../../protocol/codecs.js';

/** The GStreamer elements of a codec. A codec whose elements are not installed is neither published nor watched. */
export interface CodecElements {
  payloader: string;
  /** Its properties, beside payload type, SSRC and MTU. */
  properties: string;
  depayloader: string;
  /** Caps that the depayloader is asked for; null for whatever it brings. */
  unpacked: string | null;
  /** What brings a stream into the form that payloaders and decoders take, and keeps it there; may be nothing. */
  parser: readonly string[];
}

export const CODEC_ELEMENTS: Readonly<Record<CodecName, CodecElements>> = {
  H264: {
    payloader: 'rtph264pay',
    // The parser puts headers before keyframes. The payloader would put them before each slice of one, in the middle of
    // the picture, which parsers take for the beginning of another.
    properties: 'config-interval=0 aggregate-mode=zero-latency',
    depayloader: 'rtph264depay',
    // In this form it takes headers out of the stream, wherever a sender put them: see the payloader's properties.
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

/** Bytes of an RTP packet: with SRTP, UDP and IPv6, or a tunnel, it fits into one of 1280, the least of IPv6. */
const MTU = 1200;

/** What a viewer is sent in a codec, by the payload type of his offer. */
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

/** Caps of a codec's RTP. */
function rtpCaps(codec: CodecName, payloadType: number): string {
  const { kind, clockRate } = CODECS[codec];
  return `application/x-rtp,media=${kind},encoding-name=${codec},clock-rate=${clockRate},payload=${payloadType}`;
}

/** Caps of what a publisher sends: webrtcbin reports the arrival of packets only where the extension is in them. */
export function receivedCaps(
  codec: CodecName,
  { payloadType, extensions }: { payloadType: number; extensions: readonly HeaderExtension[] },
): string {
  return [rtpCaps(codec, payloadType), ...extensions.map(({ id, uri }) => `extmap-${id}=(string)"${uri}"`)].join();
}

/**
 * The part of a launch line that turns a publisher's RTP into a stream.
 * @param name of its parser, where there are several in a line
 */
export function describeDepayloader(codec: CodecName, name = 'parse'): string {
  const { depayloader, unpacked, parser } = CODEC_ELEMENTS[codec];
  const named = parser.map(part => part.replace(/ name=parse\b/, ` name=${name}`));
  return [depayloader, ...(unpacked === null ? [] : [unpacked]), ...named].join(' ! ');
}
