import type { ProblemCode } from './contract.js';

/** A request that failed: the contract's code, what happened, and the remedy. */
export class Failure extends Error {
  readonly code: ProblemCode;
  readonly remedy: string | undefined;
  /** Seconds after which to retry. */
  readonly retryAfter: number | undefined;

  constructor(code: ProblemCode, detail: string, options: { remedy?: string | undefined; retryAfter?: number } = {}) {
    super(detail);
    this.code = code;
    this.remedy = options.remedy;
    this.retryAfter = options.retryAfter;
  }
}
