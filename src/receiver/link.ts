import { setTimeout as sleep } from 'node:timers/promises';
import { retryDelayMs } from '../protocol/backoff.js';
import type { ReceiveFailure } from './failure.js';

/** What a link tells of its cameras. */
export interface LinkEvents {
  /** Pictures come. */
  live(camera: string): void;
  /** None come any more, or not yet, and why. It is being tried again by itself. */
  down(camera: string, why: ReceiveFailure): void;
  /** The camera's own trouble, while its session goes on: what the server shows is a slate. */
  trouble(camera: string, text: string | null): void;
  /** It has never worked, and will not. */
  failed(camera: string, failure: ReceiveFailure): void;
}

/** What brings cameras here, from the first attempt to the end of the command, over all interruptions. */
export interface Link {
  start(): void;
  close(): Promise<void>;
}

/** An operator waits, and asks one server. */
const LONGEST_RETRY_MS = 1_500;

/** Waits for the next attempt. @param failures attempts that failed since it last stood for a while @param signal ends it */
export async function untilNextAttempt(failures: number, retryAfterMs: number, signal: AbortSignal): Promise<void> {
  const delay = retryDelayMs(failures, retryAfterMs, undefined, LONGEST_RETRY_MS);
  await sleep(delay, undefined, { signal }).catch(() => undefined);
}
