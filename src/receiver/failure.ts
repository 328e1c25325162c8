/** Why a camera is not received; the command's exit codes follow from it (cli/receive.ts). */
export type FailureCode =
  /** Nothing answers there. */
  | 'unreachable'
  /** There is no such host. */
  | 'unknown-host'
  | 'unauthorized'
  | 'unknown-camera'
  /** It is there, and cannot be had now: no publisher, too many viewers, a fault. */
  | 'unavailable'
  | 'no-common-codec'
  /** What answers does not speak WHEP, or not so that it can be used. */
  | 'invalid-answer'
  /** No path for the video. */
  | 'no-path'
  | 'no-decoder'
  | 'no-display'
  | 'cannot-write'
  /** A mistake of this program. */
  | 'internal';

/** Failures that go away by themselves, if at all: it is tried again even where it has never worked. */
const PASSING: ReadonlySet<FailureCode> = new Set(['unavailable']);

export class ReceiveFailure extends Error {
  readonly code: FailureCode;
  /** What to do about it. */
  readonly remedy: string;
  /** What the server asked to wait before the next request. */
  readonly retryAfterMs: number;

  constructor(code: FailureCode, detail: string, remedy = '', retryAfterMs = 0) {
    super(detail);
    this.code = code;
    this.remedy = remedy;
    this.retryAfterMs = retryAfterMs;
  }

  get passes(): boolean {
    return PASSING.has(this.code);
  }

  /** Both in a line. */
  get words(): string {
    return [this.message, this.remedy].flatMap(text => text.replace(/\.$/, '') || []).join('. ');
  }
}
