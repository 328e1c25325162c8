import type { Source } from '../../domain/source.js';
import { scheduledDelayMs } from '../../protocol/backoff.js';
import type { VideoCodecName } from '../../protocol/codecs.js';
import type { CameraFailure } from '../failure.js';

// A camera's lifecycle as data: states, events, effects and timers. camera-transition.ts has the transitions, camera.ts
// runs the effects. Nothing here touches GStreamer or a clock; times are ms of one monotonic clock.

/** The part of the configuration that drives a camera's lifecycle. */
export interface CameraSettings {
  readonly source: Source;
  /** False for a V4L2 camera that is not plugged in: it is not opened until it is. */
  readonly isPresent: boolean;
  /** The exclusive device: the source is closed before it is opened again. Null for a source that opens many times. */
  readonly device: string | null;
  readonly stallTimeoutMs: number;
  readonly lingerMs: number;
  readonly publisherReturnMs: number;
}

/**
 * - `closed`: no pipeline runs.
 * - `opening`: no frame yet from the source or the publisher.
 * - `live`: frames arrive.
 * - `lost`: no frames; subscribers see a placeholder while the source is retried, or until the publisher sends again.
 * - `awaitingPublisher`: no publisher; subscribers see a placeholder until somebody publishes again.
 */
export type Phase = 'closed' | 'opening' | 'live' | 'lost' | 'awaitingPublisher';

export interface CameraState {
  readonly settings: CameraSettings;
  readonly phase: Phase;
  /** When the phase began. */
  readonly since: number;
  /** Why it is lost; for a closed camera, why the last attempt to open it failed. */
  readonly problem: CameraFailure | null;
  /** What keeps it open: viewers, snapshots, forwards. */
  readonly subscribers: ReadonlySet<string>;
  /** Set from `publish` on; live from the first frame on. */
  readonly publisher: { readonly session: string; readonly isLive: boolean } | null;
  /** Draining: lost, and shown until the placeholder replaces it. */
  readonly source: 'none' | 'open' | 'draining';
  /** The device in the settings when the source was opened. */
  readonly sourceDevice: string | null;
  /** The current attempt to open the source. */
  readonly attempt: { readonly id: number; readonly device: string | null } | null;
  /** Attempts so far: each has a number, so that the result of a cancelled one is ignored. */
  readonly attempts: number;
  /** Consecutive failed attempts, and when the source or an attempt failed last. */
  readonly failures: number;
  readonly failedAt: number;
  readonly lastFrameAt: number;
  /** Since when the live source is not the configured one. */
  readonly outdatedSince: number | null;
  /** Since when it is open without subscribers and publisher. */
  readonly idleSince: number | null;
  /** The codec sent to subscribers; null before the first frame. */
  readonly codec: VideoCodecName | null;
}

export type CameraEvent =
  | { type: 'subscribe'; subscriber: string }
  | { type: 'unsubscribe'; subscriber: string }
  | { type: 'publish'; session: string }
  | { type: 'unpublish'; session: string }
  /** The publisher's first frame has arrived. */
  | { type: 'publisher-ready'; session: string; codec: VideoCodecName }
  /** The publisher's first frame did not arrive. */
  | { type: 'publisher-failed'; session: string; failure: CameraFailure }
  /** The source's first frame has arrived. */
  | { type: 'opened'; attempt: number }
  | { type: 'open-failed'; attempt: number; failure: CameraFailure }
  /** The open source has failed. */
  | { type: 'source-failed'; failure: CameraFailure }
  /** New frames, the newest of which arrived at `at`. */
  | { type: 'frames'; at: number }
  /** The stream turned out to be unsuitable for passthrough, and is encoded from now on. */
  | { type: 'passthrough-refused' }
  | { type: 'placeholder-shown' }
  /** No encoder opens. */
  | { type: 'output-failed'; failure: CameraFailure }
  | ConfigurationChange
  | { type: 'tick' }
  /** The process ends. */
  | { type: 'close' };

export interface ConfigurationChange {
  type: 'change';
  settings: CameraSettings;
  /** See config-change.ts. */
  reopen: 'no' | 'format' | 'source';
  /** Whether the device was plugged in again, possibly under another path. */
  isBack: boolean;
}

export type Effect =
  | { do: 'open-output' }
  | { do: 'close-output'; failure: CameraFailure }
  | { do: 'open-source'; attempt: number }
  /** Cancels the current attempt and closes what it has opened, before the next effect runs. */
  | { do: 'cancel-opening' }
  /** Shows what the attempt has opened, in place of what is shown now. */
  | { do: 'show-source'; attempt: number }
  | { do: 'close-source' }
  | { do: 'show-publisher'; session: string }
  /** Answered by `placeholder-shown` or `output-failed`. @see Placeholder */
  | { do: 'show-placeholder'; title: string; since: number }
  /** Its session has ended already. */
  | { do: 'close-publication'; session: string }
  /** Ends its session, with the reason. */
  | { do: 'end-publisher'; session: string; failure: CameraFailure }
  | { do: 'fail-subscribers'; subscribers: readonly string[]; failure: CameraFailure };

export interface Step {
  readonly state: CameraState;
  readonly effects: readonly Effect[];
}

export type TimerName = 'linger' | 'publisherReturn' | 'retry' | 'outdated' | 'stall';

/** Delays between attempts to reopen a lost camera; the last repeats. */
const RETRY_MS = [250, 500, 1000, 2000];

/** The initial state. */
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

/** When each timer is due: a function of the state alone, so no timer outlives the state that it belongs to. */
export function timersOf(state: CameraState): Partial<Record<TimerName, number>> {
  const { settings, phase } = state;
  const timers: Partial<Record<TimerName, number>> = {};
  if (phase === 'closed') return timers;
  if (state.idleSince !== null) timers.linger = state.idleSince + settings.lingerMs;
  if (phase === 'awaitingPublisher' && state.publisher === null)
    timers.publisherReturn = state.since + settings.publisherReturnMs;
  // Not before the lost source is closed: most devices are exclusive.
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
