import type { IceAgentSettings } from '../domain/ice.js';
import { type Element, Gst, type Pipeline } from './native.js';
import { closePipeline, drainBus, type ElementError, element, make, pad, parseLaunch, shareClock } from './pipeline.js';
import { joinDirectly } from './proxy.js';
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
    shareClock(pipeline, baseTime);
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
