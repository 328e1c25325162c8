import type { Source } from '../../domain/source.js';
import { scheduledDelayMs } from '../../protocol/backoff.js';
import type { VideoCodecName } from '../../protocol/codecs.js';
import type { CameraFailure } from '../failure.js';

// A camera's life as data: its states, what happens to it, what is to be done, and its timers. camera-transition.ts says
// what follows from what, camera.ts runs the effects. Nothing here touches GStreamer or a clock; times are ms of one
// monotonic clock.

/** What of the configuration decides about a camera's life. */
export interface CameraSettings {
  readonly source: Source;
  /** False for a V4L2 camera that is not plugged in: nothing is tried until it is. */
  readonly isPresent: boolean;
  /** What opens once: the source must be closed before it is opened again. Null for one that opens many times. */
  readonly device: string | null;
  readonly stallTimeoutMs: number;
  readonly lingerMs: number;
  readonly publisherReturnMs: number;
}

/**
 * - `closed`: no pipeline runs.
 * - `opening`: there was no frame yet, of the source or of whoever publishes.
 * - `live`: frames come.
 * - `lost`: none come; subscribers see a placeholder while the source is tried again, or until the publisher sends on.
 * - `awaitingPublisher`: likewise, until somebody publishes again.
 */
export type Phase = 'closed' | 'opening' | 'live' | 'lost' | 'awaitingPublisher';

export interface CameraState {
  readonly settings: CameraSettings;
  readonly phase: Phase;
  /** When the phase began. */
  readonly since: number;
  /** Why it is lost; of a closed camera, why the last opening failed. */
  readonly problem: CameraFailure | null;
  /** Those who keep it open: viewers, snapshots, streams that are sent on. */
  readonly subscribers: ReadonlySet<string>;
  /** Who publishes: from `publish` on, on air from the first frame on. */
  readonly publisher: { readonly session: string; readonly isLive: boolean } | null;
  /** Draining: lost, and shown until the placeholder takes its place. */
  readonly source: 'none' | 'open' | 'draining';
  /** What of the settings was its device when it was opened. */
  readonly sourceDevice: string | null;
  /** The attempt to open the source that is under way. */
  readonly attempt: { readonly id: number; readonly device: string | null } | null;
  /** Attempts so far: each has a number, so that what comes of one that was given up is nothing. */
  readonly attempts: number;
  /** Attempts in a row that failed, and when the source failed last, or an attempt. */
  readonly failures: number;
  readonly failedAt: number;
  readonly lastFrameAt: number;
  /** Since when what is on air is no longer what is configured. */
  readonly outdatedSince: number | null;
  /** Since when it is open for nobody. */
  readonly idleSince: number | null;
  /** What subscribers are sent; null before the first frame. */
  readonly codec: VideoCodecName | null;
}

export type CameraEvent =
  | { type: 'subscribe'; subscriber: string }
  | { type: 'unsubscribe'; subscriber: string }
  | { type: 'publish'; session: string }
  | { type: 'unpublish'; session: string }
  /** The first frame of whoever publishes is there. */
  | { type: 'publisher-ready'; session: string; codec: VideoCodecName }
  /** It did not come. */
  | { type: 'publisher-failed'; session: string; failure: CameraFailure }
  /** The first frame of the source is there. */
  | { type: 'opened'; attempt: number }
  | { type: 'open-failed'; attempt: number; failure: CameraFailure }
  /** The open source cannot go on. */
  | { type: 'source-failed'; failure: CameraFailure }
  /** New frames, the newest of which came at `at`. */
  | { type: 'frames'; at: number }
  /** What was passed through turned out not to be fit for it, and is encoded from now on. */
  | { type: 'passthrough-refused' }
  | { type: 'placeholder-shown' }
  /** No encoder opens any more. */
  | { type: 'output-failed'; failure: CameraFailure }
  | ConfigurationChange
  | { type: 'tick' }
  /** The process ends. */
  | { type: 'close' };

export interface ConfigurationChange {
  type: 'change';
  settings: CameraSettings;
  /** See config-change.ts. */
  reopen: 'no' | 'pictures' | 'source';
  /** Whether the device was plugged in again, perhaps as another one. */
  isBack: boolean;
}

export type Effect =
  | { do: 'open-output' }
  | { do: 'close-output'; failure: CameraFailure }
  | { do: 'open-source'; attempt: number }
  /** Gives up the attempt that is under way and closes what it has opened, before anything else is done. */
  | { do: 'cancel-opening' }
  /** What the attempt has opened goes on air, in place of what is there. */
  | { do: 'show-source'; attempt: number }
  | { do: 'close-source' }
  | { do: 'show-publisher'; session: string }
  /** Answered by `placeholder-shown`, or by `output-failed`. @see Slate */
  | { do: 'show-placeholder'; title: string; since: number }
  /** Its session is over, and knows it. */
  | { do: 'close-publication'; session: string }
  /** Its session is told that it is over, and why. */
  | { do: 'end-publisher'; session: string; failure: CameraFailure }
  | { do: 'fail-subscribers'; subscribers: readonly string[]; failure: CameraFailure };

export interface Step {
  readonly state: CameraState;
  readonly effects: readonly Effect[];
}

export type TimerName = 'linger' | 'publisherReturn' | 'retry' | 'outdated' | 'stall';

/** From one attempt to bring a lost camera back to the next; the last repeats. */
const RETRY_MS = [250, 500, 1000, 2000];

/** A camera that nobody has used yet. */
export function closedCamera(settings: CameraSettings): CameraState {
  return {
    settings,
    phase: 'closed',
    since: 0,
    problem: null,
    subscribers: new Set(),
    publisher: null,
    source: 'none',
    sourceDevice: null,
    attempt: null,
    attempts: 0,
    failures: 0,
    failedAt: 0,
    lastFrameAt: 0,
    outdatedSince: null,
    idleSince: null,
    codec: null,
  };
}

/**
 * When each timer is due. They are a function of the state and nothing else: one whose state is over is not there.
 */
export function timersOf(state: CameraState): Partial<Record<TimerName, number>> {
  const { settings, phase } = state;
  const timers: Partial<Record<TimerName, number>> = {};
  if (phase === 'closed') return timers;
  if (state.idleSince !== null) timers.linger = state.idleSince + settings.lingerMs;
  if (phase === 'awaitingPublisher' && state.publisher === null)
    timers.publisherReturn = state.since + settings.publisherReturnMs;
  // Not before the lost source is closed: most devices open once.
  if (phase === 'lost' && isRetried(settings) && state.attempt === null && state.source === 'none')
    timers.retry = state.failedAt + scheduledDelayMs(RETRY_MS, state.failures);
  if (phase === 'live') {
    timers.stall = state.lastFrameAt + settings.stallTimeoutMs;
    if (state.outdatedSince !== null && state.attempt !== null)
      timers.outdated = state.outdatedSince + settings.stallTimeoutMs;
  }
  return timers;
}

/** When the next `tick` is due; null while there is no timer. */
export function nextDue(state: CameraState): number | null {
  const due = Object.values(timersOf(state));
  return due.length === 0 ? null : Math.min(...due);
}

export const awaitsPublisher = ({ source }: CameraSettings): boolean => source.type === 'whip';
const isRetried = (settings: CameraSettings): boolean => settings.isPresent && !awaitsPublisher(settings);
