/** Reads a session's statistics once a second. */
import { figuresBetween, type PlayerFigures, readSample, type StatsSample } from './player-stats.js';
import type { WhepSession } from './whep-client.js';

const INTERVAL_MS = 1_000;
/** When the first sample is read, which the first figures start from: the first packets have arrived by then. */
const FIRST_MS = 250;
/** One second has too few packets for a loss figure; five are enough. */
const LOSS_SAMPLES = 5;

/** @returns a function that stops it */
export function watchStats(session: WhepSession, onFigures: (figures: PlayerFigures) => void): () => void {
  let samples: StatsSample[] = [];
  let running = true;

  const read = async (): Promise<void> => {
    const sample = readSample(await session.peer.getStats());
    if (!running || sample === undefined) return;
    const [previous, oldest] = [samples.at(-1), samples[0]];
    samples = [...samples.slice(1 - LOSS_SAMPLES), sample];
    if (previous === undefined || oldest === undefined) return;
    const figures = figuresBetween(previous, sample);
    const { lossPercent } = figuresBetween(oldest, sample);
    onFigures(lossPercent === undefined ? figures : { ...figures, lossPercent });
  };

  const tick = (): void => void read().catch(() => undefined);
  const first = setTimeout(tick, FIRST_MS);
  const timer = setInterval(tick, INTERVAL_MS);
  return () => {
    running = false;
    clearTimeout(first);
    clearInterval(timer);
  };
}
