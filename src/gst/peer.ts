import type { IceAgentSettings } from '../domain/ports.js';
import { configureIceAgent } from './ice-agent.js';
import {
  type Bin,
  type Element,
  Gst,
  GstSdp,
  GstWebRTC,
  type Pad,
  type Pipeline,
  type SessionDescription,
  type Structure,
  type Webrtcbin,
} from './native.js';
import { closePipeline, drainBus, type ElementError, element, elementsOf, parseLaunch } from './pipeline.js';

export type PeerState = 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

export interface PeerOptions {
  payloadType: number;
  ssrc: number;
  /** Whether lost packets are sent anew on the viewer's NACK (RFC 4588). */
  retransmit: boolean;
  /** ns of the pipeline clock at running time 0: the camera's, so that timestamps agree. */
  baseTime: bigint;
  /** Null for one that meets nobody. */
  ice: IceAgentSettings | null;
}

// Packets kept for retransmission: half a second at 2 Mbit/s. webrtcbin's own 500 cost 0.6 MB a viewer.
const RETRANSMISSION_PACKETS = 128;
/** For the addresses of this machine alone, which take some ms. */
const GATHERING_MS = 250;
const POLL_MS = 2;

/**
 * One viewer's pipeline: payloader and webrtcbin, and in front of them the near end of a `proxysrc`, which takes the
 * buffers that the camera's pipeline puts into the `proxysink` of this peer. No signal handler is connected anywhere:
 * one on GStreamer's thread waits for JavaScript, and JavaScript waits for that thread in a state change.
 */
export class Peer {
  /** Goes into the camera's pipeline, on a pad of its tee. It says OK to every buffer, whatever becomes of it here. */
  readonly proxySink: Element;
  readonly #pipeline: Pipeline;
  readonly #webrtc: Webrtcbin;
  readonly #gatheringMs: number;
  #rtpSession: Element | null = null;

  constructor(options: PeerOptions) {
    const { payloadType, ssrc } = options;
    // The ssrc must stand in the caps: webrtcbin writes the answer from them, and without it `a=ssrc-group:FID 0 …`.
    const pipeline = parseLaunch(
      `rtph264pay name=pay pt=${payloadType} ssrc=${ssrc} config-interval=-1 aggregate-mode=zero-latency mtu=1200 ! ` +
        `application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=${payloadType},ssrc=(uint)${ssrc} ! ` +
        'webrtcbin name=webrtc bundle-policy=max-bundle latency=0',
    );
    const webrtc = element(pipeline, 'webrtc') as Webrtcbin;
    configureIceAgent(webrtc, options.ice);
    this.#gatheringMs = options.ice?.gatheringMs ?? GATHERING_MS;
    this.proxySink = make('proxysink');
    this.#pipeline = pipeline;
    this.#webrtc = webrtc;
    joinDirectly(pipeline, this.proxySink, pad(element(pipeline, 'pay'), 'sink'));
    pipeline.useClock(Gst.SystemClock.obtain());
    pipeline.setStartTime(Gst.CLOCK_TIME_NONE);
    pipeline.setBaseTime(options.baseTime);
    pipeline.setState(Gst.State.PLAYING);
    if (options.retransmit) (webrtc.emit('get-transceiver', 0) as Element).doNack = true;
  }

  /** Answers an offer that is known to be well-formed; resolves when all candidates are gathered. */
  async answer(offer: string): Promise<string> {
    const [, sdp] = GstSdp.SDPMessage.newFromText(offer);
    ask(
      this.#webrtc,
      'set-remote-description',
      GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.OFFER, sdp),
    );
    const reply = ask(this.#webrtc, 'create-answer', Gst.Structure.newEmpty('options'));
    if (!reply.hasField('answer')) throw new Error(`webrtcbin made no answer: ${reply.toString()}`);
    ask(this.#webrtc, 'set-local-description', reply.getValue('answer').getBoxed() as SessionDescription);
    for (const child of elementsOf(this.#webrtc as unknown as Bin)) {
      if (child.getFactory()?.getName() === 'rtprtxsend') child.maxSizePackets = RETRANSMISSION_PACKETS;
    }
    // It is never complete when no port is free, and late when a STUN or TURN server does not answer any more.
    const until = performance.now() + this.#gatheringMs;
    while (this.#webrtc.iceGatheringState !== GstWebRTC.WebRTCICEGatheringState.COMPLETE && performance.now() < until) {
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
    }
    return this.#webrtc.localDescription.sdp.asText();
  }

  state(): PeerState {
    const { CONNECTED, DISCONNECTED, FAILED, CLOSED } = GstWebRTC.WebRTCPeerConnectionState;
    switch (this.#webrtc.connectionState) {
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

  /** Whether it is the path to the viewer that failed, rather than the encryption on it. */
  iceFailed(): boolean {
    return this.#webrtc.iceConnectionState === GstWebRTC.WebRTCICEConnectionState.FAILED;
  }

  /** What an element of this pipeline said had gone wrong since the last call; null if nothing. */
  error(): ElementError | null {
    return drainBus(this.#pipeline).error;
  }

  /** GstRTPSession's `stats` as text: see readRtpStats. */
  statsText(): string {
    this.#rtpSession ??= element(this.#webrtc as unknown as Bin, 'rtpbin').emit('get-session', 0) as Element;
    return (this.#rtpSession.stats as Structure).toString();
  }

  /** Stops at once. The pad of the camera's tee is to be released after, and proxySink dropped last. */
  close(): void {
    this.#rtpSession = null;
    closePipeline(this.#pipeline);
  }
}

/** Calls an action of webrtcbin and waits for its reply, some ms: its own thread makes it, and calls nothing here. */
function ask(webrtc: Webrtcbin, action: string, argument: unknown): Structure {
  const promise = Gst.Promise.new();
  webrtc.emit(action, argument, promise);
  if (promise.wait() !== Gst.PromiseResult.REPLIED) throw new Error(`webrtcbin gave no reply to ${action}`);
  const reply = promise.getReply();
  if (reply?.hasField('error')) throw new Error(`webrtcbin refused ${action}: ${reply.toString()}`);
  return reply;
}

/**
 * Joins a proxysink to a pad of another pipeline through a proxysrc without that element's queue, so that buffers are
 * handed on in the camera's fan-out thread: a queue a viewer costs a thread and a wake-up a frame (docs/adr/0002). What
 * the proxy is for stays: a viewer's errors do not get back to the camera.
 */
function joinDirectly(pipeline: Pipeline, proxySink: Element, to: Pad): void {
  const proxySource = make('proxysrc') as Bin;
  const queue = proxySource.getChildByIndex(0);
  const queueInput = pad(queue, 'sink');
  const output = queueInput.getPeer();
  if (!output) throw new Error('proxysrc has no inner pad');
  output.unlink(queueInput);
  proxySource.remove(queue);
  pipeline.add(proxySource);
  output.linkFull(to, Gst.PadLinkCheck.NOTHING);
  proxySource.proxysink = proxySink;
}

function make(factory: string): Element {
  const made = Gst.ElementFactory.make(factory, null);
  if (!made) throw new Error(`GStreamer has no element "${factory}"`);
  return made;
}

function pad(of: Element, name: string): Pad {
  const found = of.getStaticPad(name);
  if (!found) throw new Error(`${of.name} has no pad "${name}"`);
  return found;
}
