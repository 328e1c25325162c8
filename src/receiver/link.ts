import { setTimeout as sleep } from 'node:timers/promises';
import { retryDelayMs } from '../protocol/backoff.js';
import type { ReceiveFailure } from './failure.js';

/** What a link reports about its cameras. */
export interface LinkEvents {
  /** Frames arrive. */
  live(camera: string): void;
  /** No frames, and why. The link retries by itself. */
  down(camera: string, why: ReceiveFailure): void;
  /** The camera itself fails while its session continues: the server sends placeholder frames. */
  trouble(camera: string, text: string | null): void;
  /** The first connection failed, and the link does not retry. */
  failed(camera: string, failure: ReceiveFailure): void;
}

/** Receives cameras from the first attempt to the end of the command, across all interruptions. */
export interface Link {
  start(): void;
  close(): Promise<void>;
}

/** Short, as an operator waits and only one server is asked. */
const LONGEST_RETRY_MS = 1_500;

/** Waits for the next attempt. @param failures attempts since the last stable session @param signal ends the wait */
export async function untilNextAttempt(failures: number, retryAfterMs: number, signal: AbortSignal): Promise<void> {
  const delay = retryDelayMs(failures, retryAfterMs, undefined, LONGEST_RETRY_MS);
  await sleep(delay, undefined, { signal }).catch(() => undefined);
}
