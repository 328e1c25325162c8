/** Why a camera is not received; each code has an exit code of the command (cli/receive.ts). */
export type FailureCode =
  /** Nothing answers at this address. */
  | 'unreachable'
  /** The host name does not resolve. */
  | 'unknown-host'
  | 'unauthorized'
  | 'unknown-camera'
  /** The camera exists but is unavailable now: no publisher, too many viewers, a fault. */
  | 'unavailable'
  | 'no-common-codec'
  /** The server does not speak WHEP, or its answer is unusable. */
  | 'invalid-answer'
  /** No network path for the video. */
  | 'no-path'
  | 'no-decoder'
  | 'no-display'
  | 'cannot-write'
  /** A bug of this program. */
  | 'internal';

/** Failures that may pass by themselves: retried even if the connection has never worked. */
const TRANSIENT: ReadonlySet<FailureCode> = new Set(['unavailable']);

export class ReceiveFailure extends Error {
  readonly code: FailureCode;
  /** What to do about it. */
  readonly remedy: string;
  /** Delay before the next request that the server asked for. */
  readonly retryAfterMs: number;

  constructor(code: FailureCode, detail: string, remedy = '', retryAfterMs = 0) {
    super(detail);
    this.code = code;
    this.remedy = remedy;
    this.retryAfterMs = retryAfterMs;
  }

  get isTransient(): boolean {
    return TRANSIENT.has(this.code);
  }

  /** Message and remedy in one line. */
  get words(): string {
    return [this.message, this.remedy].flatMap(text => text.replace(/\.$/, '') || []).join('. ');
  }
}
