import { type Element, Gst, type Pipeline } from '../../gst/native.js';
import { closePipeline, element, make, pad, parseLaunch, shareClock } from '../../gst/pipeline.js';
import { joinDirectly } from '../../gst/proxy.js';
import { CODEC_ELEMENTS } from '../encoding/codec-elements.js';
import { LOOPBACK } from '../sources/rtp-receiver.js';

/**
 * Bytes of a packet: the loopback interface takes 65536, but the receive buffer of the socket (212992 by default)
 * counts whole packets.
 */
const MTU = 16_000;

/**
 * Sends a stream to an RtpReceiver of another process of this server; to the camera it is a viewer. It never blocks: a
 * packet that does not fit into the socket's buffer is lost.
 */
export class RtpSender {
  /** For the tee of the stream; see Peer. */
  readonly proxySinks: readonly Element[];
  readonly #pipeline: Pipeline;

  /** @param baseTime ns; of the stream */
  constructor(port: number, baseTime: bigint) {
    const { payloader, properties } = CODEC_ELEMENTS.H264;
    this.#pipeline = parseLaunch(
      `${payloader} name=pay pt=${LOOPBACK.payloadType} mtu=${MTU} ${properties} ! ` +
        `udpsink host=${LOOPBACK.host} port=${port} sync=false async=false`,
    );
    const proxySink = make('proxysink');
    joinDirectly(this.#pipeline, proxySink, pad(element(this.#pipeline, 'pay'), 'sink'));
    this.proxySinks = [proxySink];
    shareClock(this.#pipeline, baseTime);
    this.#pipeline.setState(Gst.State.PLAYING);
  }

  /** Stops at once; the pad of the tee is to be released afterwards. */
  close(): void {
    closePipeline(this.#pipeline);
  }
}
