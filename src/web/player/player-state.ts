/** The states of a player and their words. Pure. */
import { formatAge, formatDuration } from '../shared/formatting.js';

/**
 * `connecting`: no picture yet; `playing`: each picture is new; `stale`: connected, but the picture is old;
 * `reconnecting`: the session was lost and a new one is being made; `failed`: the server refused, and is asked again
 * unless only a person can help; `paused`: nobody is looking, so nothing is sent; `lost`: new pictures come, and none of
 * them is of the camera, which is unplugged or has stalled: the server sends a slate.
 */
export type PlayerState = 'connecting' | 'playing' | 'stale' | 'reconnecting' | 'failed' | 'paused' | 'lost';

/** Why there is no picture, in words for the operator. */
export interface Trouble {
  title: string;
  detail: string;
  remedy?: string;
  code?: string;
}

export interface PlayerStatus {
  state: PlayerState;
  /** Age of the picture on the screen, or of the camera's last one; undefined where there is none. */
  ageMs?: number;
  trouble?: Trouble;
  /** Until the next attempt; undefined while one goes on or none will be made. */
  retryInMs?: number;
  /** Whether only a click will start the video, since this browser does not by itself. */
  needsClick?: boolean;
}

/** A camera that the server has lost, as it last said. */
export interface LostCamera {
  /** `performance.now()` of the last picture. */
  since: number;
  detail: string;
  remedy?: string | undefined;
}

/** What a player is to show of a camera that is lost: what it plays is a slate, however new each picture of it is. */
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
  /** Beside the headline, and changing all the time; not to be read out. */
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
  stale: 'NO NEW PICTURE',
  reconnecting: 'RECONNECTING',
  failed: 'NO VIDEO',
  paused: 'PAUSED',
  lost: 'CAMERA LOST',
};

/** What stands over the picture; undefined while the picture is new, and nothing may stand in its way. */
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
      detail: 'This browser does not start video by itself.',
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
  return state === 'stale' ? formatAge(ageMs) : `picture is ${formatAge(ageMs)} old`;
}
