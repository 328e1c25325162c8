import type { ProblemCode } from './contract.js';

/** Something that a client asked for and cannot have: the contract's code, what happened, and what to do about it. */
export class Failure extends Error {
  readonly code: ProblemCode;
  readonly remedy: string | undefined;
  /** Seconds after which to ask again. */
  readonly retryAfter: number | undefined;

  constructor(code: ProblemCode, detail: string, options: { remedy?: string | undefined; retryAfter?: number } = {}) {
    super(detail);
    this.code = code;
    this.remedy = options.remedy;
    this.retryAfter = options.retryAfter;
  }
}
