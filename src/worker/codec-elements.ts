import type { SentStream } from '../gst/peer.js';
import type { HeaderExtension } from '../media/messages.js';
import { CODECS, type CodecName } from '../protocol/codecs.js';

/** The GStreamer elements of a codec. A codec whose elements are not installed is neither published nor watched. */
export interface CodecElements {
  payloader: string;
  /** Its properties, beside payload type, SSRC and MTU. */
  properties: string;
  depayloader: string;
  /** What brings a stream into the form that payloaders and decoders take, and keeps it there; may be nothing. */
  parser: readonly string[];
}

export const CODEC_ELEMENTS: Readonly<Record<CodecName, CodecElements>> = {
  H264: {
    payloader: 'rtph264pay',
    properties: 'config-interval=-1 aggregate-mode=zero-latency',
    depayloader: 'rtph264depay',
    parser: ['h264parse name=parse config-interval=-1', 'video/x-h264,stream-format=byte-stream,alignment=au'],
  },
  VP8: { payloader: 'rtpvp8pay', properties: 'picture-id-mode=15-bit', depayloader: 'rtpvp8depay', parser: [] },
  VP9: {
    payloader: 'rtpvp9pay',
    properties: 'picture-id-mode=15-bit',
    depayloader: 'rtpvp9depay',
    parser: ['vp9parse name=parse', 'video/x-vp9,alignment=super-frame'],
  },
  AV1: {
    payloader: 'rtpav1pay',
    properties: '',
    depayloader: 'rtpav1depay',
    parser: ['av1parse name=parse', 'video/x-av1,alignment=tu'],
  },
  H265: {
    payloader: 'rtph265pay',
    properties: 'config-interval=-1 aggregate-mode=zero-latency',
    depayloader: 'rtph265depay',
    parser: ['h265parse name=parse config-interval=-1', 'video/x-h265,stream-format=byte-stream,alignment=au'],
  },
  OPUS: { payloader: 'rtpopuspay', properties: '', depayloader: 'rtpopusdepay', parser: [] },
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

/** The part of a launch line that turns a publisher's RTP into a stream. */
export function describeDepayloader(codec: CodecName): string {
  const { depayloader, parser } = CODEC_ELEMENTS[codec];
  return [depayloader, ...parser].join(' ! ');
}
