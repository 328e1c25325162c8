import type { IceAgentSettings } from '../../domain/ice.js';
import type { SessionFigures } from '../../domain/media-engine.js';
import { Connection, type ConnectionTimes } from '../../gst/connection.js';
import { type Decoder, describeDecoder } from '../../gst/decoders.js';
import type { MachineFacts } from '../../gst/machine.js';
import { Gst, type Message, type Pipeline } from '../../gst/native.js';
import { closePipeline, drainBus, type ElementError, element, parseLaunch, shareClock } from '../../gst/pipeline.js';
import { Webrtc } from '../../gst/webrtc.js';
import { CLOCK_OFFSET_NS, describeReception } from './lines.js';
import type { Pulse } from './pulse.js';
import { Section } from './section.js';

export interface ReceptionOptions {
  /** Of the cameras, one for each video section. */
  pulses: readonly Pulse[];
  /** Null does not decode. */
  decoder: Decoder | null;
  machine: MachineFacts;
  ice: IceAgentSettings;
  /** ms to wait for a lost packet; 0 does not wait. */
  jitterMs: number;
  /** Whether the time mark is read. */
  marks: boolean;
  /** ns of the pipeline clock at running time 0. */
  baseTime: bigint;
  events: ReceptionEvents;
}

export interface ReceptionEvents {
  connected(): void;
  /** The session is over; the caller closes it. */
  ended(reason: string, detail: string | null): void;
  figures(figures: SessionFigures): void;
}

const TIMES: ConnectionTimes = {
  connectMs: 10_000,
  // Neither a packet nor an RTCP report: a report comes about every second.
  silenceMs: 3_000,
  statsMs: 1_000,
  stalledMs: Number.POSITIVE_INFINITY,
};

const POLL_INTERVAL_MS = 25;

/** The offered profiles, one payload type each: any that a decoder accepts, best supported first. */
const PROFILES = [
  { payloadType: 96, profileLevelId: '42e01f' },
  { payloadType: 98, profileLevelId: '4d001f' },
  { payloadType: 100, profileLevelId: '64001f' },
];

const CAPS = PROFILES.map(
  ({ payloadType, profileLevelId }) =>
    `application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=${payloadType},` +
    `packetization-mode=(string)1,level-asymmetry-allowed=(string)1,profile-level-id=(string)${profileLevelId},` +
    'rtcp-fb-nack=(boolean)true,rtcp-fb-nack-pli=(boolean)true,rtcp-fb-ccm-fir=(boolean)true,rtcp-fb-transport-cc=(boolean)true',
).join(';');

/** One session with a server or a sender, from its offer to its end. */
export class Reception {
  readonly webrtc: Webrtc;
  readonly sections: readonly Section[];
  readonly #pipeline: Pipeline;
  readonly #connection: Connection;
  readonly #options: ReceptionOptions;
  readonly #timer: NodeJS.Timeout;
  #error: ElementError | null = null;
  #waits = false;
  #closed = false;

  /** Builds and starts it. @throws PipelineError if an element is missing */
  constructor(options: ReceptionOptions) {
    this.#options = options;
    const { pulses, decoder, machine, ice, baseTime, marks } = options;
    const line = describeReception({
      sections: pulses.length,
      decoder: decoder && (name => describeDecoder(decoder, machine, name)),
      marks,
    });
    this.#pipeline = parseLaunch(line);
    // Ignore the latency that the elements report: it would distort what the clock sinks measure.
    this.#pipeline.latency = 0;
    shareClock(this.#pipeline, baseTime);
    this.webrtc = new Webrtc(element(this.#pipeline, 'webrtc'), ice);
    for (const _ of pulses) this.webrtc.receive(CAPS, true);
    this.sections = pulses.map((pulse, i) => new Section(this.#pipeline, i, { decodes: decoder !== null, pulse }));
    this.#pipeline.setState(Gst.State.PLAYING);
    this.#connection = new Connection({
      webrtc: this.webrtc,
      events: {
        connected: () => options.events.connected(),
        ended: (reason, detail) => options.events.ended(reason, detail),
        stats: figures => options.events.figures(figures),
      },
      peer: { name: 'server', path: 'from the server to this machine' },
      error: () => this.#error,
      sends: null,
      times: TIMES,
    });
    this.#timer = setInterval(() => this.poll(), POLL_INTERVAL_MS);
  }

  /** Both descriptions are set: watches the connection from now on. */
  watch(): void {
    this.webrtc.sendFeedbackPromptly();
    this.#connection.watch();
  }

  /** Reads the messages on the bus; a timer also calls it. */
  poll(): void {
    if (this.#closed) return;
    const { error } = drainBus(this.#pipeline, message => this.#onMessage(message));
    if (error && !this.#error) {
      this.#error = error;
      this.#options.events.ended('pipeline-failed', `${error.element}: ${error.message}`);
      return;
    }
    if (!this.#waits && this.sections.some(section => section.frames() > 0)) {
      this.#waits = true;
      this.webrtc.latency = this.#options.jitterMs;
    }
  }

  /** Reads the time marks of the newest frames, if enabled. */
  readMarks(): void {
    if (this.#closed || !this.#options.marks) return;
    // The decoding times must be known first.
    this.poll();
    if (!this.#closed) for (const section of this.sections) section.readMark();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#connection.stop();
    this.webrtc.release();
    closePipeline(this.#pipeline);
    for (const section of this.sections) section.close();
  }

  #onMessage(message: Message): void {
    const name = message.src?.name ?? '';
    const section = this.sections[Number(/\d+$/.exec(name)?.[0] ?? -1)];
    if (!section) return;
    if (message.type !== Gst.MessageType.QOS) return;
    const [, runningTime, , pts] = message.parseQos();
    const [jitter] = message.parseQosValues();
    const at = this.#options.baseTime + BigInt(runningTime) + BigInt(jitter) - BigInt(CLOCK_OFFSET_NS);
    if (name.startsWith('arrival')) section.pulse.arrived(BigInt(pts), at);
    else section.pulse.decoded(BigInt(pts), at);
  }
}
