import type { IceAgentSettings } from '../domain/ice.js';
import { configureIceAgent } from './ice-agent.js';
import {
  type Bin,
  type Element,
  Gst,
  GstSdp,
  GstWebRTC,
  type SessionDescription,
  type Structure,
  type Webrtcbin,
} from './native.js';
import { element, elementsOf } from './pipeline.js';

export type WebrtcState = 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

// Packets kept for retransmission: half a second at 2 Mbit/s. webrtcbin's default of 500 costs 0.6 MB per viewer.
const RETRANSMISSION_PACKETS = 128;
/** For host candidates only, which take some ms. */
const GATHERING_MS = 250;
const POLL_MS = 2;
/** Interval of RTCP reports while feedback may be due: 30 kbit/s. */
const REPORT_MS = 25;

/**
 * A `webrtcbin` in a caller's pipeline, from the offer on. No signal handlers are connected: a handler on GStreamer's
 * thread would wait for JavaScript, while JavaScript waits for that thread in a state change.
 */
export class Webrtc {
  readonly #webrtcbin: Webrtcbin;
  readonly #gatheringMs: number;
  #rtpSession: Element | null = null;

  /** @param ice null without a network connection */
  constructor(webrtcbin: Element, ice: IceAgentSettings | null) {
    this.#webrtcbin = webrtcbin as Webrtcbin;
    this.#gatheringMs = ice?.gatheringMs ?? GATHERING_MS;
    configureIceAgent(this.#webrtcbin, ice);
  }

  /** Enables NACK and retransmission for a section (RFC 4588). Call it before the answer. */
  retransmit(section: number): void {
    (this.#webrtcbin.emit('get-transceiver', section) as Element).doNack = true;
  }

  /** Makes a section of an offer sendonly. Call it before the offer. */
  sendOnly(section: number): void {
    const transceiver = this.#webrtcbin.emit('get-transceiver', section) as Element;
    transceiver.direction = GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY;
  }

  /** Adds a section that receives these caps. */
  receive(caps: string, retransmit: boolean): void {
    const transceiver = this.#webrtcbin.emit(
      'add-transceiver',
      GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY,
      Gst.Caps.fromString(caps),
    ) as Element;
    transceiver.doNack = retransmit;
  }

  /** Answers a well-formed offer; resolves when all candidates are gathered. */
  async answer(offer: string): Promise<string> {
    this.#setRemoteDescription(offer, GstWebRTC.WebRTCSDPType.OFFER);
    this.#setLocalDescription('create-answer', 'answer');
    this.#limitRetransmission();
    await this.#gathered();
    return this.localDescription();
  }

  /** Makes an offer for the configured sections; resolves when all candidates are gathered. */
  async offer(): Promise<string> {
    this.#setLocalDescription('create-offer', 'offer');
    await this.#gathered();
    return this.localDescription();
  }

  /** Applies a well-formed answer to the offer. */
  accept(answer: string): void {
    this.#setRemoteDescription(answer, GstWebRTC.WebRTCSDPType.ANSWER);
    this.#limitRetransmission();
  }

  /** With the candidates gathered so far. */
  localDescription(): string {
    return this.#webrtcbin.localDescription.sdp.asText();
  }

  /**
   * How long to wait for a missing packet, in ms. Packets in order pass at once, whatever the value. For received
   * streams.
   */
  set latency(ms: number) {
    this.#webrtcbin.latency = ms;
  }

  #limitRetransmission(): void {
    for (const child of elementsOf(this.#webrtcbin as unknown as Bin)) {
      if (child.getFactory()?.getName() === 'rtprtxsend') child.maxSizePackets = RETRANSMISSION_PACKETS;
    }
  }

  // Gathering never completes without a free port, and completes late if a STUN or TURN server does not answer.
  async #gathered(): Promise<void> {
    const until = performance.now() + this.#gatheringMs;
    while (
      this.#webrtcbin.iceGatheringState !== GstWebRTC.WebRTCICEGatheringState.COMPLETE &&
      performance.now() < until
    ) {
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
    }
  }

  #setLocalDescription(action: 'create-offer' | 'create-answer', kind: 'offer' | 'answer'): void {
    const reply = this.#call(action, Gst.Structure.newEmpty('options'));
    if (!reply.hasField(kind)) throw new Error(`webrtcbin made no ${kind}: ${reply.toString()}`);
    this.#call('set-local-description', reply.getValue(kind).getBoxed() as SessionDescription);
  }

  #setRemoteDescription(description: string, type: number): void {
    const [, sdp] = GstSdp.SDPMessage.newFromText(description);
    this.#call('set-remote-description', GstWebRTC.WebRTCSessionDescription.new(type, sdp));
  }

  /** Adds a candidate of the peer: the value of an `a=candidate` line. All sections share the first one's transport. */
  addCandidate(candidate: string): void {
    this.#webrtcbin.emit('add-ice-candidate', 0, `candidate:${candidate}`);
  }

  state(): WebrtcState {
    const { CONNECTED, DISCONNECTED, FAILED, CLOSED } = GstWebRTC.WebRTCPeerConnectionState;
    switch (this.#webrtcbin.connectionState) {
      case CONNECTED:
        return 'connected';
      case DISCONNECTED:
        return 'disconnected';
      case FAILED:
        return 'failed';
      case CLOSED:
        return 'closed';
      default:
        return 'connecting';
    }
  }

  /** Whether ICE failed, rather than DTLS. */
  iceFailed(): boolean {
    return this.#webrtcbin.iceConnectionState === GstWebRTC.WebRTCICEConnectionState.FAILED;
  }

  /**
   * From now on NACKs for a received stream are sent at once. Feedback waits for the next RTCP report, or for half the
   * time until then (RFC 4585 §3.5.2), and GStreamer sends a report every 5 s: retransmissions arrived too late. Call
   * it when both descriptions are set.
   */
  sendFeedbackPromptly(): void {
    // Bytes/s, of which RTCP may use a share: so many that only the minimum interval counts.
    Object.assign(this.#session().internalSession as Element, {
      bandwidth: 1e8,
      rtcpMinInterval: REPORT_MS * 1_000_000,
    });
  }

  /** GstRTPSession's `stats` as text: see readRtpStats. */
  statsText(): string {
    return (this.#session().stats as Structure).toString();
  }

  #session(): Element {
    this.#rtpSession ??= element(this.#webrtcbin as unknown as Bin, 'rtpbin').emit('get-session', 0) as Element;
    return this.#rtpSession;
  }

  /** Releases its references into the pipeline, which is about to stop. */
  release(): void {
    this.#rtpSession = null;
  }

  /** Emits an action and waits some ms for its reply: webrtcbin's own thread makes it without calling back. */
  #call(action: string, argument: unknown): Structure {
    const promise = Gst.Promise.new();
    this.#webrtcbin.emit(action, argument, promise);
    if (promise.wait() !== Gst.PromiseResult.REPLIED) throw new Error(`webrtcbin did not reply to ${action}`);
    const reply = promise.getReply();
    if (reply?.hasField('error')) throw new Error(`webrtcbin refused ${action}: ${reply.toString()}`);
    return reply;
  }
}
