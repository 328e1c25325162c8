import { Counter, Histogram, Registry } from 'prom-client';
import type { EventBus } from '../../domain/events.js';

/** Seconds: in a local network a session is answered in 0.05 s; opening a camera for it takes 1 to 2 s. */
const ANSWER_BUCKETS = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 12];
/** Seconds: ICE and DTLS add a few round trips. */
const FIRST_PACKET_BUCKETS = [0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 12, 24];

/** Metrics counted from events on the bus. Labels have few values: never an id. */
export class EventMetrics {
  readonly registry = new Registry();
  readonly #stops: readonly (() => void)[];

  constructor(events: EventBus) {
    const registers = [this.registry];
    const answered = new Histogram({
      name: 'bigfootbot_session_answer_seconds',
      help: 'From the request for a session to its answer, for sessions that were answered.',
      labelNames: ['protocol'],
      buckets: ANSWER_BUCKETS,
      registers,
    });
    const sending = new Histogram({
      name: 'bigfootbot_session_first_packet_seconds',
      help: "From a viewer's request to the first packet sent to them.",
      labelNames: ['protocol'],
      buckets: FIRST_PACKET_BUCKETS,
      registers,
    });
    const closed = new Counter({
      name: 'bigfootbot_sessions_closed_total',
      help: 'Sessions that ended, by the end reason of the API.',
      labelNames: ['protocol', 'reason'],
      registers,
    });
    this.#stops = [
      events.on('sessionOpened', ({ session: { protocol }, afterMs }) =>
        answered.observe({ protocol }, afterMs / 1000),
      ),
      events.on('sessionSending', ({ session: { protocol }, afterMs }) =>
        sending.observe({ protocol }, afterMs / 1000),
      ),
      events.on('sessionEnded', ({ session: { protocol, ended } }) =>
        closed.inc({ protocol, reason: ended?.reason ?? 'unknown' }),
      ),
    ];
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }
}
