/** Computes the figures between two getStats reports. Pure. */

import type { CaptureLatency } from '../../protocol/capture-latency.js';

/** The part of a report that is used; counters are since the session began. */
export interface StatsSample {
  /** Milliseconds. */
  at: number;
  framesDecoded: number;
  framesDropped: number;
  freezeCount: number;
  bytesReceived: number;
  packetsReceived: number;
  packetsLost: number;
  keyFramesDecoded: number;
  nackCount: number;
  pliCount: number;
  /** Seconds, summed over the emitted frames. */
  jitterBufferDelay: number;
  jitterBufferEmitted: number;
  /** Seconds, summed over the decoded frames. */
  decodeTime: number;
  width?: number;
  height?: number;
  jitterMs?: number;
  roundTripMs?: number;
  codec?: string;
  decoder?: string;
  /** The media path: `udp, host → prflx`. */
  path?: string;
}

export interface PlayerFigures {
  width?: number;
  height?: number;
  fps?: number;
  /** Bit/s. */
  bitrate?: number;
  lossPercent?: number;
  roundTripMs?: number;
  jitterMs?: number;
  jitterBufferMs?: number;
  decodeMs?: number;
  codec?: string;
  decoder?: string;
  path?: string;
  /** From capture to decoded frame, if the frames have a time mark. */
  capture?: CaptureLatency;
  framesDecoded: number;
  framesDropped: number;
  freezes: number;
  packetsLost: number;
  keyFrames: number;
  nacks: number;
  keyframeRequests: number;
}

type Entry = Readonly<Record<string, unknown>>;

const numberIn = (entry: Entry | undefined, key: string): number | undefined =>
  typeof entry?.[key] === 'number' ? entry[key] : undefined;
const textIn = (entry: Entry | undefined, key: string): string | undefined =>
  typeof entry?.[key] === 'string' ? entry[key] : undefined;

function codecName(codec: Entry | undefined): string | undefined {
  const name = textIn(codec, 'mimeType')?.replace(/^video\//i, '');
  const profile = /profile-level-id=([0-9a-f]{6})/i.exec(textIn(codec, 'sdpFmtpLine') ?? '')?.[1];
  return name === undefined || profile === undefined ? name : `${name} ${profile.toLowerCase()}`;
}

/** The video part of a report; undefined before any has arrived. */
export function readSample(report: ReadonlyMap<string, Entry>): StatsSample | undefined {
  const entries = [...report.values()];
  const inbound = entries.find(entry => entry.type === 'inbound-rtp' && entry.kind === 'video');
  if (inbound === undefined) return undefined;

  const transport = entries.find(entry => entry.type === 'transport');
  const pair =
    report.get(textIn(transport, 'selectedCandidatePairId') ?? '') ??
    entries.find(entry => entry.type === 'candidate-pair' && entry.state === 'succeeded' && entry.nominated === true);
  const local = report.get(textIn(pair, 'localCandidateId') ?? '');
  const remote = report.get(textIn(pair, 'remoteCandidateId') ?? '');

  const count = (key: string): number => numberIn(inbound, key) ?? 0;
  const optional = {
    width: numberIn(inbound, 'frameWidth'),
    height: numberIn(inbound, 'frameHeight'),
    jitterMs: inMs(numberIn(inbound, 'jitter')),
    roundTripMs: inMs(numberIn(pair, 'currentRoundTripTime')),
    codec: codecName(report.get(textIn(inbound, 'codecId') ?? '')),
    decoder: textIn(inbound, 'decoderImplementation'),
    path: pathOf(local, remote),
  };
  return {
    at: count('timestamp'),
    framesDecoded: count('framesDecoded'),
    framesDropped: count('framesDropped'),
    freezeCount: count('freezeCount'),
    bytesReceived: count('bytesReceived'),
    packetsReceived: count('packetsReceived'),
    packetsLost: count('packetsLost'),
    keyFramesDecoded: count('keyFramesDecoded'),
    nackCount: count('nackCount'),
    pliCount: count('pliCount'),
    jitterBufferDelay: count('jitterBufferDelay'),
    jitterBufferEmitted: count('jitterBufferEmittedCount'),
    decodeTime: count('totalDecodeTime'),
    ...present(optional),
  };
}

/** What happened from one sample to a later one of the same session. */
export function figuresBetween(older: StatsSample, newer: StatsSample): PlayerFigures {
  const seconds = (newer.at - older.at) / 1_000;
  const frames = newer.framesDecoded - older.framesDecoded;
  // A late packet is first counted as lost and then taken back, so the count may fall.
  const lost = Math.max(0, newer.packetsLost - older.packetsLost);
  const expected = lost + Math.max(0, newer.packetsReceived - older.packetsReceived);
  const emitted = newer.jitterBufferEmitted - older.jitterBufferEmitted;
  const { width, height, jitterMs, roundTripMs, codec, decoder, path } = newer;
  return {
    ...present({
      width,
      height,
      jitterMs,
      roundTripMs,
      codec,
      decoder,
      path,
      fps: ratio(frames, seconds),
      bitrate: ratio(8 * (newer.bytesReceived - older.bytesReceived), seconds),
      lossPercent: ratio(100 * lost, expected),
      jitterBufferMs: inMs(ratio(newer.jitterBufferDelay - older.jitterBufferDelay, emitted)),
      decodeMs: inMs(ratio(newer.decodeTime - older.decodeTime, frames)),
    }),
    framesDecoded: newer.framesDecoded,
    framesDropped: newer.framesDropped,
    freezes: newer.freezeCount,
    packetsLost: Math.max(0, newer.packetsLost),
    keyFrames: newer.keyFramesDecoded,
    nacks: newer.nackCount,
    keyframeRequests: newer.pliCount,
  };
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000;
}

function ratio(amount: number, per: number): number | undefined {
  return per > 0 ? Math.max(0, amount / per) : undefined;
}

function pathOf(local: Entry | undefined, remote: Entry | undefined): string | undefined {
  const [here, there] = [textIn(local, 'candidateType'), textIn(remote, 'candidateType')];
  if (here === undefined || there === undefined) return undefined;
  return `${textIn(remote, 'protocol') ?? 'udp'}, ${there} → ${here}`;
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys that have no value. */
function present<T extends Record<string, unknown>>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>;
}
