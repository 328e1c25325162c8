import type { Clock } from './clock.js';

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

export interface RequestLimits {
  /** For the reply to come; null for as long as the process lives. */
  patienceMs: number | null;
  /** Gives the request up: it rejects with the signal's reason. The other process is not told by it. */
  signal?: AbortSignal | undefined;
}

interface Reply {
  type: string;
  request: number;
}

interface Pending {
  expected: string;
  resolve(reply: Reply): void;
  reject(error: unknown): void;
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
   * @param expected the type of the reply
   * @param send hands the request on under this number
   * @throws RequestError; the signal's reason
   */
  async ask(expected: string, send: (request: number) => void, { patienceMs, signal }: RequestLimits): Promise<Reply> {
    signal?.throwIfAborted();
    const request = ++this.#count;
    let giveUp: () => void = () => undefined;
    let stopTimer: () => void = () => undefined;
    try {
      return await new Promise<Reply>((resolve, reject) => {
        this.#pending.set(request, { expected, resolve, reject });
        if (patienceMs !== null)
          stopTimer = this.#clock.after(patienceMs, () =>
            reject(new RequestError('late', `there was no answer within ${patienceMs / 1000} s`)),
          );
        giveUp = () => reject(signal?.reason);
        signal?.addEventListener('abort', giveUp, { once: true });
        send(request);
      });
    } finally {
      stopTimer();
      signal?.removeEventListener('abort', giveUp);
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
