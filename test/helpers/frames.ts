import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { sleep, until } from './server.js';

// Frames, counted on a machine that also does other work.

/** Frames a second of the cameras of `smallCameras`. */
export const SMALL_FPS = 15;

/**
 * Command-line arguments for test cameras that need little CPU, so that the count shows what the server does and not
 * the limits of the machine.
 */
export function smallCameras(t: Test, ...ids: string[]): string[] {
  const config = join(t.testdir(), 'small-cameras.yaml');
  const settings = `{ source: test, width: 320, height: 240, framerate: ${SMALL_FPS}, bitrate: 300000 }`;
  writeFileSync(config, `cameras:\n${ids.map(id => `  ${id}: ${settings}\n`).join('')}`);
  return ['--config', config];
}

/** Waits until a count has grown by so much: frames keep coming, at any rate. */
export async function grows(
  what: string,
  count: () => Promise<number> | number,
  by: number,
  timeoutMs = 30_000,
): Promise<void> {
  const before = await count();
  await until(`${what}: ${by} more than ${before}`, async () => (await count()) >= before + by, timeoutMs);
}

/** What a viewer has seen so far, from getStats(). */
export interface Watched {
  framesDecoded: number;
  freezeCount: number;
}

interface Steadiness {
  /** The viewer under test. */
  subject: () => Promise<Watched>;
  /** One of another camera in the same browser, which is left alone. */
  control: () => Promise<Watched>;
  /** Frames that the subject must see in a window. */
  least: number;
  windowMs: number;
  /** The action that must not stop the frames, at the start of each window. */
  act?: () => Promise<void>;
  /** Restores the initial state before another window. */
  undo?: () => Promise<void>;
}

const WINDOWS = 8;
const STRIKES = 3;

/**
 * Asserts that a viewer's frames come without a freeze, as far as the machine allows: a window in which the control
 * froze too says nothing. One in which the subject has all its frames is enough, as a fault freezes each; three in
 * which it alone froze are the fault. If the machine allowed no judgement, the assertion is skipped and says so.
 */
export async function isSteady(
  t: Test,
  what: string,
  { subject, control, least, windowMs, act, undo }: Steadiness,
): Promise<void> {
  const seen: string[] = [];
  let strikes = 0;
  for (let window = 1; window <= WINDOWS && strikes < STRIKES; window++) {
    const before = [await subject(), await control()] as const;
    await act?.();
    await sleep(windowMs);
    const after = [await subject(), await control()] as const;
    const [frames, freezes] = [
      after[0].framesDecoded - before[0].framesDecoded,
      after[0].freezeCount - before[0].freezeCount,
    ];
    const wasBusy = after[1].freezeCount > before[1].freezeCount;
    seen.push(`${frames} frames, ${freezes} freezes${wasBusy ? ', as the control' : ''}`);
    if (frames >= least && freezes === 0) {
      t.pass(`${what}: ${seen.join('; ')}`);
      return;
    }
    if (!wasBusy) strikes++;
    if (window < WINDOWS && strikes < STRIKES && undo) {
      await undo();
      await sleep(1000);
    }
  }
  if (strikes >= STRIKES) t.fail(`${what}: ${seen.join('; ')}`);
  else t.pass(`${what}: the machine is too busy to tell: ${seen.join('; ')}`, { skip: true });
}
