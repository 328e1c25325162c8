/** The states of a player and their words. Pure. */
import { formatAge, formatDuration } from '../shared/formatting.js';

/**
 * `connecting`: no frame yet; `playing`: every frame is new; `stale`: connected, but the frame is old; `reconnecting`:
 * the session was lost and a new one is being opened; `failed`: the server refused, and is asked again unless only a
 * person can help; `paused`: nobody is watching, so nothing is sent; `lost`: the server sends a placeholder, as the
 * camera is unplugged or has stalled.
 */
export type PlayerState = 'connecting' | 'playing' | 'stale' | 'reconnecting' | 'failed' | 'paused' | 'lost';

/** Why there is no video, in words for the operator. */
export interface Trouble {
  title: string;
  detail: string;
  remedy?: string;
  code?: string;
}

export interface PlayerStatus {
  state: PlayerState;
  /** Age of the frame on the screen, or of the camera's last one; undefined if there is none. */
  ageMs?: number;
  trouble?: Trouble;
  /** Until the next attempt; undefined during one, or if there will be none. */
  retryInMs?: number;
  /** Whether this browser starts the video only on a click. */
  needsClick?: boolean;
}

/** A camera that the server last reported as lost. */
export interface LostCamera {
  /** `performance.now()` of the last frame. */
  since: number;
  detail: string;
  remedy?: string | undefined;
}

/** What a player shows of a lost camera: it plays a placeholder, however new its frames are. */
export function withLost(status: PlayerStatus, lost: LostCamera | undefined, now: number): PlayerStatus {
  if (lost === undefined || (status.state !== 'playing' && status.state !== 'stale')) return status;
  const { since, detail, remedy } = lost;
  const trouble = { title: '', detail, ...(remedy === undefined ? {} : { remedy }) };
  return { state: 'lost', ageMs: now - since, trouble };
}

/** One or two words, for the tile's bar. */
export const stateWord: Readonly<Record<PlayerState, string>> = {
  connecting: 'Connecting',
  playing: 'Live',
  stale: 'Stale',
  reconnecting: 'Reconnecting',
  failed: 'No video',
  paused: 'Paused',
  lost: 'Lost',
};

export interface OverlayWords {
  headline: string;
  /** Beside the headline; changes all the time, so it is not read out. */
  age: string;
  title: string;
  detail: string;
  remedy: string;
  retry: string;
  button: string;
}

const headlines: Readonly<Record<PlayerState, string>> = {
  connecting: 'CONNECTING',
  playing: '',
  stale: 'NO NEW FRAMES',
  reconnecting: 'RECONNECTING',
  failed: 'NO VIDEO',
  paused: 'PAUSED',
  lost: 'CAMERA LOST',
};

/** The text over the video; undefined while the video is live, as nothing may cover it. */
export function overlayWords(status: PlayerStatus): OverlayWords | undefined {
  const { state, trouble, retryInMs } = status;
  if (state === 'playing') return undefined;
  const words: OverlayWords = {
    headline: headlines[state],
    age: status.ageMs === undefined ? '' : ageWords(state, status.ageMs),
    title: trouble?.title ?? '',
    detail: trouble?.detail ?? '',
    remedy: trouble?.remedy ?? '',
    retry: retryInMs === undefined ? '' : `Trying again in ${formatAge(retryInMs)}`,
    button: '',
  };
  if (status.needsClick === true) {
    return {
      ...words,
      title: '',
      detail: 'This browser blocks autoplay.',
      remedy: '',
      button: 'Start video',
    };
  }
  if (state === 'failed') return { ...words, button: 'Try now' };
  return words;
}

function ageWords(state: PlayerState, ageMs: number): string {
  // In whole seconds: nobody waits for a cable with a stopwatch.
  if (state === 'lost') return `since ${formatDuration(ageMs / 1_000)}`;
  return state === 'stale' ? formatAge(ageMs) : `last frame ${formatAge(ageMs)} ago`;
}
