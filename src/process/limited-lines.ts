import type { Readable } from 'node:stream';
import { type Clock, SYSTEM_CLOCK } from './clock.js';

/** Characters of a line that are kept: a stack frame or an element's error with its path, and no dump of a buffer. */
const MAX_LINE = 2_000;
/** A crash with its stacks fits into this; a library that complains about each frame does not. */
const MAX_LINES = 100;
const WINDOW_MS = 10_000;

export interface LimitedLines {
  /** Each line, without its end and cut to 2,000 characters. */
  onLine(line: string): void;
  /** Those of the lines that are to be logged: at most 100 in 10 s. */
  log(line: string): void;
  /** How many were not, at the end of the 10 s in which there were too many. */
  onLeftOut(count: number): void;
  clock?: Clock;
}

/**
 * Reads what a child process writes line by line, whatever it writes: a line without an end takes no more memory than
 * its limit, and lines without an end do not fill the log.
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
  // A pipe that breaks is closed, which is all that there is to know of it.
  stream.on('error', () => undefined);
}
