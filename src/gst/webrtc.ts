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

// Packets kept for retransmission: half a second at 2 Mbit/s. webrtcbin's own 500 cost 0.6 MB a viewer.
const RETRANSMISSION_PACKETS = 128;
/** For the addresses of this machine alone, which take some ms. */
const GATHERING_MS = 250;
const POLL_MS = 2;
/** From one report to the next, where something may be asked for: 30 kbit/s of them. */
const REPORT_MS = 25;

/**
 * A `webrtcbin` in somebody's pipeline, from the offer on. No signal handler is connected anywhere: one on GStreamer's
 * thread waits for JavaScript, and JavaScript waits for that thread in a state change.
 */
export class Webrtc {
  readonly #webrtcbin: Webrtcbin;
  readonly #gatheringMs: number;
  #rtpSession: Element | null = null;

  /** @param ice null for one that meets nobody */
  constructor(webrtcbin: Element, ice: IceAgentSettings | null) {
    this.#webrtcbin = webrtcbin as Webrtcbin;
    this.#gatheringMs = ice?.gatheringMs ?? GATHERING_MS;
    configureIceAgent(this.#webrtcbin, ice);
  }

  /** Lost packets of a section are asked for, or sent, anew (RFC 4588). To be said before the answer. */
  retransmit(section: number): void {
    (this.#webrtcbin.emit('get-transceiver', section) as Element).doNack = true;
  }

  /** A section of an offer says that it sends and takes nothing. To be said before the offer. */
  sendOnly(section: number): void {
    const transceiver = this.#webrtcbin.emit('get-transceiver', section) as Element;
    transceiver.direction = GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY;
  }

  /** Prepares a section to receive, of these caps. */
  receive(caps: string, retransmit: boolean): void {
    const transceiver = this.#webrtcbin.emit(
      'add-transceiver',
      GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY,
      Gst.Caps.fromString(caps),
    ) as Element;
    transceiver.doNack = retransmit;
  }

  /** Answers an offer that is known to be well-formed; resolves when all candidates are gathered. */
  async answer(offer: string): Promise<string> {
    this.#hear(offer, GstWebRTC.WebRTCSDPType.OFFER);
    this.#say('create-answer', 'answer');
    this.#limitRetransmission();
    await this.#gathered();
    return this.localDescription();
  }

  /** Offers what it was prepared to send or receive; resolves when all candidates are gathered. */
  async offer(): Promise<string> {
    this.#say('create-offer', 'offer');
    await this.#gathered();
    return this.localDescription();
  }

  /** Takes the answer to its offer, which is known to be well-formed. */
  accept(answer: string): void {
    this.#hear(answer, GstWebRTC.WebRTCSDPType.ANSWER);
    this.#limitRetransmission();
  }

  /** With the candidates that were gathered up to now. */
  localDescription(): string {
    return this.#webrtcbin.localDescription.sdp.asText();
  }

  /**
   * How long a packet is waited for that others came before, in ms. What comes in order is handed on at once, whatever it
   * is. Of streams that are received.
   */
  set latency(ms: number) {
    this.#webrtcbin.latency = ms;
  }

  #limitRetransmission(): void {
    for (const child of elementsOf(this.#webrtcbin as unknown as Bin)) {
      if (child.getFactory()?.getName() === 'rtprtxsend') child.maxSizePackets = RETRANSMISSION_PACKETS;
    }
  }

  // It is never complete when no port is free, and late when a STUN or TURN server does not answer any more.
  async #gathered(): Promise<void> {
    const until = performance.now() + this.#gatheringMs;
    while (
      this.#webrtcbin.iceGatheringState !== GstWebRTC.WebRTCICEGatheringState.COMPLETE &&
      performance.now() < until
    ) {
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
    }
  }

  #say(action: 'create-offer' | 'create-answer', kind: 'offer' | 'answer'): void {
    const reply = this.#ask(action, Gst.Structure.newEmpty('options'));
    if (!reply.hasField(kind)) throw new Error(`webrtcbin made no ${kind}: ${reply.toString()}`);
    this.#ask('set-local-description', reply.getValue(kind).getBoxed() as SessionDescription);
  }

  #hear(description: string, type: number): void {
    const [, sdp] = GstSdp.SDPMessage.newFromText(description);
    this.#ask('set-remote-description', GstWebRTC.WebRTCSessionDescription.new(type, sdp));
  }

  /** One more candidate of the peer's: the value of an `a=candidate` line. All sections share the first's transport. */
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

  /** Whether it is the path to the peer that failed, rather than the encryption on it. */
  iceFailed(): boolean {
    return this.#webrtcbin.iceConnectionState === GstWebRTC.WebRTCICEConnectionState.FAILED;
  }

  /**
   * What is missing in a stream that comes is asked for at once from now on. Such a request waits for the next report, or
   * for half the time until then (RFC 4585 §3.5.2), and GStreamer sends a report each 5 s: packets came anew when nobody
   * waited for them any more. To be called when both descriptions are set.
   */
  askPromptly(): void {
    // Bytes a second, of which reports may have a part: so many that it is the time alone that counts.
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

  /** Lets go of what it holds of the pipeline, which is about to be stopped. */
  release(): void {
    this.#rtpSession = null;
  }

  /** Calls an action and waits for its reply, some ms: webrtcbin's own thread makes it, and calls nothing here. */
  #ask(action: string, argument: unknown): Structure {
    const promise = Gst.Promise.new();
    this.#webrtcbin.emit(action, argument, promise);
    if (promise.wait() !== Gst.PromiseResult.REPLIED) throw new Error(`webrtcbin gave no reply to ${action}`);
    const reply = promise.getReply();
    if (reply?.hasField('error')) throw new Error(`webrtcbin refused ${action}: ${reply.toString()}`);
    return reply;
  }
}
