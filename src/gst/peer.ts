import type { IceAgentSettings } from '../domain/ice.js';
import { type Element, Gst, type Pipeline } from './native.js';
import { closePipeline, drainBus, type ElementError, element, make, pad, parseLaunch, shareClock } from './pipeline.js';
import { joinDirectly } from './proxy.js';
import { Webrtc } from './webrtc.js';

/** One stream sent to a peer. */
export interface SentStream {
  /** The payloader element and its properties, as in a launch line. */
  payloader: string;
  properties: string;
  /**
   * Caps of its output. They must contain the SSRC: webrtcbin copies it into the answer, else `a=ssrc-group:FID 0 …`.
   */
  caps: string;
  /** Whether lost packets are retransmitted on the viewer's NACK (RFC 4588). */
  retransmit: boolean;
}

export interface PeerOptions {
  /** In the order of the sections of the offer. */
  streams: readonly SentStream[];
  /** ns of the pipeline clock at running time 0: that of the camera, so that timestamps agree. */
  baseTime: bigint;
  /** Null for a peer without a network connection. */
  ice: IceAgentSettings | null;
}

/**
 * One viewer's pipeline: payloaders and webrtcbin, preceded by `proxysrc`es, which receive the buffers that the
 * camera's pipeline pushes into the `proxysink`s of this peer.
 */
export class Peer {
  /**
   * For the camera's pipeline, on pads of its tees, one per stream. They return OK for every buffer, whatever happens
   * to
   * it here.
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
    shareClock(pipeline, baseTime);
    pipeline.setState(Gst.State.PLAYING);
    streams.forEach(({ retransmit }, index) => {
      if (retransmit) this.webrtc.retransmit(index);
    });
  }

  /**
   * Call it when the connection is up. Nothing else does, and until the sinks' latency is known the RTP session cannot
   * map
   * packets to times: the sender reports of video and sound could not be synchronized.
   */
  settleLatency(): void {
    this.#pipeline.recalculateLatency();
  }

  /** The error of a pipeline element since the last call; null without one. */
  error(): ElementError | null {
    return drainBus(this.#pipeline).error;
  }

  /** Stops at once. Release the pads of the camera's tees after that, and drop proxySinks last. */
  close(): void {
    this.webrtc.release();
    closePipeline(this.#pipeline);
  }
}
