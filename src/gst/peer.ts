import type { IceAgentSettings } from '../domain/ports.js';
import { type Bin, type Element, Gst, type Pad, type Pipeline } from './native.js';
import { closePipeline, drainBus, type ElementError, element, make, pad, parseLaunch } from './pipeline.js';
import { Webrtc } from './webrtc.js';

/** One stream that a peer is sent. */
export interface SentStream {
  /** The payloader element and its properties, as in a launch line. */
  payloader: string;
  properties: string;
  /** Behind it. They must carry the SSRC: webrtcbin writes the answer from them, else `a=ssrc-group:FID 0 …`. */
  caps: string;
  /** Whether lost packets are sent anew on the viewer's NACK (RFC 4588). */
  retransmit: boolean;
}

export interface PeerOptions {
  /** In the order of the sections of the offer. */
  streams: readonly SentStream[];
  /** ns of the pipeline clock at running time 0: the camera's, so that timestamps agree. */
  baseTime: bigint;
  /** Null for one that meets nobody. */
  ice: IceAgentSettings | null;
}

/**
 * One viewer's pipeline: payloaders and webrtcbin, and in front of them the near ends of `proxysrc`es, which take the
 * buffers that the camera's pipeline puts into the `proxysink`s of this peer.
 */
export class Peer {
  /**
   * Go into the camera's pipeline, on pads of its tees, one for each stream. They say OK to every buffer, whatever
   * becomes of it here.
   */
  readonly proxySinks: readonly Element[];
  readonly webrtc: Webrtc;
  readonly #pipeline: Pipeline;

  constructor({ streams, baseTime, ice }: PeerOptions) {
    const pipeline = parseLaunch(
      [
        'webrtcbin name=webrtc bundle-policy=max-bundle latency=0',
        ...streams.map(
          ({ payloader, properties, caps }, index) =>
            `${payloader} name=pay${index} ${properties} ! ${caps} ! webrtc.sink_${index}`,
        ),
      ].join('  '),
    );
    this.#pipeline = pipeline;
    this.webrtc = new Webrtc(element(pipeline, 'webrtc'), ice);
    this.proxySinks = streams.map((_, index) => {
      const proxySink = make('proxysink');
      joinDirectly(pipeline, proxySink, pad(element(pipeline, `pay${index}`), 'sink'));
      return proxySink;
    });
    pipeline.useClock(Gst.SystemClock.obtain());
    pipeline.setStartTime(Gst.CLOCK_TIME_NONE);
    pipeline.setBaseTime(baseTime);
    pipeline.setState(Gst.State.PLAYING);
    streams.forEach(({ retransmit }, index) => {
      if (retransmit) this.webrtc.retransmit(index);
    });
  }

  /**
   * To be called when the connection is up. Nobody calls it by itself here, and until the sinks' latency is known the
   * RTP session cannot tell what time a packet belongs to: reports of video and sound could not be brought together.
   */
  settleLatency(): void {
    this.#pipeline.recalculateLatency();
  }

  /** What an element of this pipeline said had gone wrong since the last call; null if nothing. */
  error(): ElementError | null {
    return drainBus(this.#pipeline).error;
  }

  /** Stops at once. The pads of the camera's tees are to be released after, and proxySinks dropped last. */
  close(): void {
    this.webrtc.release();
    closePipeline(this.#pipeline);
  }
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
