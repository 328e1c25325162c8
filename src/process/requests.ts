import type { Clock } from './clock.js';
import { type Settle, type Timeout, within } from './timeout.js';

/**
 * Why a request was not answered as it was meant to be:
 * `refused`: the other process said no, and why;
 * `late`: it said nothing in time;
 * `died`: there is no process, or it ended first.
 */
export type RequestFault = 'refused' | 'late' | 'died';

export class RequestError extends Error {
  readonly fault: RequestFault;
  /** What the other process called the reason; of a refusal alone. */
  readonly code: string | null;
  readonly remedy: string | null;

  constructor(fault: RequestFault, detail: string, { code = null, remedy = null }: Partial<Refusal> = {}) {
    super(detail);
    this.fault = fault;
    this.code = code;
    this.remedy = remedy;
  }
}

/** The reply that any request may get instead of its own: see the tables in src/messages/. */
interface Refusal {
  code: string | null;
  remedy: string | null;
}

interface Reply {
  type: string;
  request: number;
}

interface Pending extends Settle<Reply> {
  expected: string;
}

/** The requests to one process that wait for its replies. */
export class Requests {
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The other process is not told when a request is given up: it answers, and nobody hears it.
   * @param expected the type of the reply
   * @param send hands the request on under this number
   * @throws RequestError; the signal's reason
   */
  async ask(expected: string, send: (request: number) => void, patience: Timeout): Promise<Reply> {
    const request = ++this.#count;
    const late = (seconds: number): Error =>
      new RequestError('late', `there was no answer within ${Number(seconds.toFixed(1))} s`);
    try {
      return await within<Reply>(this.#clock, patience, late, settle => {
        this.#pending.set(request, { expected, ...settle });
        send(request);
      });
    } finally {
      this.#pending.delete(request);
    }
  }

  /**
   * Takes a message that may be a reply; one that nobody waits for any more is dropped.
   * @returns false if it is none
   */
  answer(message: object): boolean {
    if (!isReply(message)) return false;
    const pending = this.#pending.get(message.request);
    if (message.type === pending?.expected) pending.resolve(message);
    else if (message.type === 'refused') pending?.reject(refusalOf(message));
    else pending?.reject(new RequestError('refused', `it was answered by "${message.type}"`, { code: 'internal' }));
    return true;
  }

  /** The process is gone, and with it whatever it would have said. */
  failAll(reason: string): void {
    for (const { reject } of this.#pending.values()) reject(new RequestError('died', reason));
  }
}

function isReply(message: object): message is Reply {
  return 'request' in message && typeof message.request === 'number';
}

function refusalOf(message: object): RequestError {
  const { detail = 'it was refused', code = null, remedy = null } = message as Partial<Refusal & { detail: string }>;
  return new RequestError('refused', detail, { code, remedy });
}
