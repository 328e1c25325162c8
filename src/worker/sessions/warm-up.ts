import { Gst } from '../../gst/native.js';
import { lines } from '../../protocol/sdp-for-webrtcbin.js';
import { Viewer } from './viewer.js';

const PAYLOAD_TYPE = 96;

/**
 * Answers a made-up offer. The first session of a process costs half a second, as plugins and typelibs are loaded and
 * DTLS generates its key; this does it before anybody waits.
 */
export async function warmUp(): Promise<void> {
  const ignored = { connected: () => undefined, ended: () => undefined, stats: () => undefined };
  const viewer = new Viewer(
    {
      video: { codec: 'H264', payloadType: PAYLOAD_TYPE, retransmit: true },
      audio: null,
      ice: null,
      idleMs: () => 0,
      keyframes: null,
      baseTime: Gst.SystemClock.obtain().getTime(),
    },
    ignored,
  );
  try {
    await viewer.answer(OFFER);
  } finally {
    viewer.close();
  }
}

const OFFER = lines(
  'v=0',
  'o=- 1 1 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  `m=video 9 UDP/TLS/RTP/SAVPF ${PAYLOAD_TYPE} 97`,
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:warm',
  'a=ice-pwd:warmwarmwarmwarmwarmwarm',
  `a=fingerprint:sha-256 ${Array(32).fill('00').join(':')}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=recvonly',
  'a=rtcp-mux',
  `a=rtpmap:${PAYLOAD_TYPE} H264/90000`,
  `a=rtcp-fb:${PAYLOAD_TYPE} nack`,
  `a=rtcp-fb:${PAYLOAD_TYPE} nack pli`,
  `a=fmtp:${PAYLOAD_TYPE} level-asymmetry-allowed=1;packetization-mode=1`,
  'a=rtpmap:97 rtx/90000',
  `a=fmtp:97 apt=${PAYLOAD_TYPE}`,
);
