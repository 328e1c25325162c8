import type { Clock } from './clock.js';
import { type Settle, type Timeout, within } from './timeout.js';

/**
 * Why a request failed:
 * `refused`: the other process refused it, with a reason;
 * `late`: no reply in time;
 * `died`: there is no process, or it ended before it replied.
 */
export type RequestFault = 'refused' | 'late' | 'died';

export class RequestError extends Error {
  readonly fault: RequestFault;
  /** The code of a refusal; otherwise null. */
  readonly code: string | null;
  readonly remedy: string | null;

  constructor(fault: RequestFault, detail: string, { code = null, remedy = null }: Partial<Refusal> = {}) {
    super(detail);
    this.fault = fault;
    this.code = code;
    this.remedy = remedy;
  }
}

/** The reply that may replace any other: see the tables in src/messages/. */
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

/** The pending requests to one process. */
export class Requests {
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The other process does not learn that a request was abandoned: its reply is dropped.
   * @param expected the type of the reply
   * @param send sends the request with this number
   * @throws RequestError; the signal's reason
   */
  async ask(expected: string, send: (request: number) => void, timeout: Timeout): Promise<Reply> {
    const request = ++this.#count;
    const late = (seconds: number): Error =>
      new RequestError('late', `no answer within ${Number(seconds.toFixed(1))} s`);
    try {
      return await within<Reply>(this.#clock, timeout, late, settle => {
        this.#pending.set(request, { expected, ...settle });
        send(request);
      });
    } finally {
      this.#pending.delete(request);
    }
  }

  /**
   * Takes a message that may be a reply; a reply to an abandoned request is dropped.
   * @returns false if it is not a reply
   */
  answer(message: object): boolean {
    if (!isReply(message)) return false;
    const pending = this.#pending.get(message.request);
    if (message.type === pending?.expected) pending.resolve(message);
    else if (message.type === 'refused') pending?.reject(refusalOf(message));
    else pending?.reject(new RequestError('refused', `unexpected reply "${message.type}"`, { code: 'internal' }));
    return true;
  }

  /** The process is gone: rejects all pending requests. */
  failAll(reason: string): void {
    for (const { reject } of this.#pending.values()) reject(new RequestError('died', reason));
  }
}

function isReply(message: object): message is Reply {
  return 'request' in message && typeof message.request === 'number';
}

function refusalOf(message: object): RequestError {
  const { detail = 'refused', code = null, remedy = null } = message as Partial<Refusal & { detail: string }>;
  return new RequestError('refused', detail, { code, remedy });
}
