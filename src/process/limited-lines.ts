import type { Readable } from 'node:stream';
import { type Clock, SYSTEM_CLOCK } from './clock.js';

/**
 * Characters kept per line: enough for a stack frame or an element's error with its path, not for a dump of a buffer.
 */
const MAX_LINE = 2_000;
/** Enough for a crash with its stacks, not for a library that complains about every frame. */
const MAX_LINES = 100;
const WINDOW_MS = 10_000;

export interface LimitedLines {
  /** Every line, without its line break and cut to 2,000 characters. */
  onLine(line: string): void;
  /** The lines to log: at most 100 in 10 s. */
  log(line: string): void;
  /** How many lines were not logged, at the end of the 10 s in which there were too many. */
  onLeftOut(count: number): void;
  clock?: Clock;
}

/**
 * Reads the output of a child process line by line, within limits: an endless line takes no more memory than its limit,
 * and endless lines do not fill the log.
 */
export function readLimitedLines(
  stream: Readable,
  { onLine, log, onLeftOut, clock = SYSTEM_CLOCK }: LimitedLines,
): void {
  let line = '';
  let logged = 0;
  let leftOut = 0;
  let stopWindow: (() => void) | null = null;
  const endWindow = (): void => {
    stopWindow?.();
    stopWindow = null;
    logged = 0;
    if (leftOut > 0) onLeftOut(leftOut);
    leftOut = 0;
  };
  const endLine = (): void => {
    onLine(line);
    stopWindow ??= clock.after(WINDOW_MS, endWindow);
    if (logged < MAX_LINES) {
      logged++;
      log(line);
    } else leftOut++;
    line = '';
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const parts = text.split('\n');
    parts.forEach((part, i) => {
      if (line.length < MAX_LINE) line += part.slice(0, MAX_LINE - line.length);
      if (i < parts.length - 1) endLine();
    });
  });
  stream.once('close', () => {
    if (line !== '') endLine();
    endWindow();
  });
  // After an error the pipe is closed, which is handled above.
  stream.on('error', () => undefined);
}
