/** Tracks when the last new frame arrived, whether or not the browser draws it. */
import { usualInterval, withInterval } from './freshness.js';

/** How often the decoder's counter is read while the browser draws nothing. */
const COUNTER_MS = 250;

export interface PlaybackMonitor {
  /** `performance.now()` of the last new frame; undefined before the first. */
  readonly lastFrameAt: number | undefined;
  /** Usual milliseconds from one frame to the next. */
  readonly interval: number | undefined;
  /** Call it a few times per second. */
  tick(now: number): void;
  stop(): void;
}

/** @param onFirstFrame the first frame of this receiver is on the screen */
export function monitorPlayback(
  video: HTMLVideoElement,
  receiver: RTCRtpReceiver,
  onFirstFrame: () => void,
): PlaybackMonitor {
  const hasFrameCallback = 'requestVideoFrameCallback' in video;
  let handle = 0;
  let running = true;
  let lastFrameAt: number | undefined;
  let intervals: readonly number[] = [];
  /** The decoder's frame count when last read; undefined while drawn frames are counted instead. */
  let decoded: number | undefined;
  let countedAt = 0;
  // Video outside the window is not drawn: only inside it does a missing draw mean frozen video.
  let onScreen = true;
  const visibility =
    'IntersectionObserver' in globalThis
      ? new IntersectionObserver(entries => {
          onScreen = entries.at(-1)?.isIntersecting ?? true;
        })
      : undefined;
  visibility?.observe(video);

  const record = (now: number, frames: number): void => {
    if (lastFrameAt !== undefined) intervals = withInterval(intervals, (now - lastFrameAt) / frames);
    const first = lastFrameAt === undefined;
    lastFrameAt = now;
    if (first) onFirstFrame();
  };

  const drawn = (): void => {
    if (!running) return;
    handle = video.requestVideoFrameCallback(drawn);
    record(performance.now(), 1);
  };
  if (hasFrameCallback) handle = video.requestVideoFrameCallback(drawn);

  const count = async (): Promise<void> => {
    const report = await receiver.getStats();
    const inbound: Record<string, unknown> | undefined = [...report.values()].find(
      entry => entry.type === 'inbound-rtp',
    );
    const frames = typeof inbound?.framesDecoded === 'number' ? inbound.framesDecoded : 0;
    if (!running) return;
    const before = decoded ?? (lastFrameAt === undefined ? 0 : frames);
    decoded = frames;
    // A paused element shows an old frame, however many are decoded behind it.
    if (frames > before && !video.paused) record(performance.now(), frames - before);
  };

  return {
    get lastFrameAt() {
      return lastFrameAt;
    },
    get interval() {
      return usualInterval(intervals);
    },
    tick(now) {
      if (hasFrameCallback && onScreen && !document.hidden) {
        decoded = undefined;
        return;
      }
      if (now - countedAt < COUNTER_MS || (lastFrameAt !== undefined && now - lastFrameAt < COUNTER_MS / 2)) return;
      countedAt = now;
      count().catch(() => undefined);
    },
    stop() {
      running = false;
      visibility?.disconnect();
      if (hasFrameCallback) video.cancelVideoFrameCallback(handle);
    },
  };
}
