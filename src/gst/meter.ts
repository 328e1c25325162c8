import type { Element, Structure } from './native.js';

/** Buffers and bytes that passed an `identity` since it started (its property `stats`, GStreamer 1.20). */
export function passed(identity: Element): { buffers: number; bytes: number } {
  const stats = identity.stats as Structure;
  return { buffers: Number(stats.getUint64('num-buffers')[1]), bytes: Number(stats.getUint64('num-bytes')[1]) };
}

/** Buffers that a sink rendered since it started (its property `stats`, GStreamer 1.18). */
export function rendered(sink: Element): number {
  return Number((sink.stats as Structure).getUint64('rendered')[1]);
}

/** Turns counters into rates. */
export class RateMeter {
  #last: { at: number; buffers: number; bytes: number } | null = null;

  /** Buffers/s and bit/s since the last call; zero at the first call and after a reset of the counters. */
  take(counters: { buffers: number; bytes: number }): { fps: number; bitrate: number } {
    const now = performance.now();
    const last = this.#last;
    this.#last = { at: now, ...counters };
    if (!last || counters.buffers < last.buffers) return { fps: 0, bitrate: 0 };
    const seconds = (now - last.at) / 1000;
    return {
      fps: Math.round(((counters.buffers - last.buffers) / seconds) * 10) / 10,
      bitrate: Math.round(((counters.bytes - last.bytes) * 8) / seconds),
    };
  }
}
