/** Reads the time mark from a video's decoded frames, and measures their age. */
import { type CaptureLatency, CaptureLatencyMeter } from '../../protocol/capture-latency.js';
import { readTimeMark, TIME_MARK_CORNER } from '../../protocol/time-mark.js';
import { getClock } from '../shared/api.js';

/** From one frame that is read to the next; reading one takes about 1 ms. */
const READ_MS = 250;
/** Clock comparisons at the start; the one with the shortest round trip counts. */
const FIRST_EXCHANGES = 6;
const FIRST_EXCHANGE_MS = 150;
const EXCHANGE_MS = 10_000;
const NS_PER_MS = 1e6;

export interface TimeMarkWatch {
  /** Null while nothing is known. */
  read(): CaptureLatency | null;
  stop(): void;
}

export function watchTimeMark(video: HTMLVideoElement): TimeMarkWatch {
  const meter = new CaptureLatencyMeter();
  const endReading = readFrames(video, (markNs, at) => meter.add(markNs, inNs(at)));
  const endComparing = compareClocks(meter);
  return {
    read: () => meter.read(),
    stop: () => {
      endReading();
      endComparing();
    },
  };
}

/** Calls back with each mark that is read, and when its frame was presented (performance.now()). */
function readFrames(video: HTMLVideoElement, onMark: (markNs: bigint, at: number) => void): () => void {
  if (!('requestVideoFrameCallback' in video)) return () => undefined;
  const { width, height } = TIME_MARK_CORNER;
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true, alpha: false });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let handle = 0;
  const read: VideoFrameRequestCallback = (_now, { presentationTime }) => {
    timer = setTimeout(next, READ_MS);
    // Only the corner, unscaled.
    context?.drawImage(video, 0, 0, width, height, 0, 0, width, height);
    const data = context?.getImageData(0, 0, width, height).data;
    const mark = data && readTimeMark({ data, width, height, bytesPerPixel: 4 });
    // When it was submitted for composition: the earliest known time after decoding.
    if (mark) onMark(mark, presentationTime);
  };
  const next = (): void => {
    handle = video.requestVideoFrameCallback(read);
  };
  next();
  return () => {
    clearTimeout(timer);
    video.cancelVideoFrameCallback(handle);
  };
}

function compareClocks(meter: CaptureLatencyMeter): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;
  let running = true;
  const ask = async (): Promise<void> => {
    const sent = performance.now();
    const answer = await getClock();
    const received = performance.now();
    if (!running) return;
    if (answer.kind === 'ok')
      meter.exchanged({ sentNs: inNs(sent), serverNs: BigInt(answer.value.monotonic), receivedNs: inNs(received) });
    timer = setTimeout(() => void ask(), ++asked < FIRST_EXCHANGES ? FIRST_EXCHANGE_MS : EXCHANGE_MS);
  };
  void ask();
  return () => {
    running = false;
    clearTimeout(timer);
  };
}

const inNs = (ms: number): bigint => BigInt(Math.round(ms * NS_PER_MS));
