import { CameraFailure } from '../failure.js';
import { type CameraState, closedCamera, type Effect, type Phase, type Step } from './camera-state.js';

// Steps that several transitions share: open the source, lose it, fail, close. Pure, like camera-transition.ts.

/** Starts an attempt to open the source. */
export function open(state: CameraState, effects: readonly Effect[] = []): Step {
  const id = state.attempts + 1;
  const { device } = state.settings;
  return to({ ...state, attempt: { id, device }, attempts: id }, ...effects, { do: 'open-source', attempt: id });
}

/** The camera sends no more frames: shows a placeholder; a source is reopened by the timer `retry`. */
export function lose(state: CameraState, failure: CameraFailure, now: number, title = 'CAMERA LOST'): Step {
  const source = state.source === 'none' ? 'none' : 'draining';
  return to({ ...enter(state, 'lost', failure, now), source, failedAt: now }, placeholder(state, title));
}

/**
 * Closes the camera; its subscribers and its publisher get the failure.
 * @param kept the problem that is reported until the camera is opened again
 */
export function fail(
  state: CameraState,
  failure: CameraFailure,
  now: number,
  kept: CameraFailure | null = failure,
): Step {
  const { publisher } = state;
  const effects: Effect[] = [];
  if (state.subscribers.size > 0)
    effects.push({ do: 'fail-subscribers', subscribers: [...state.subscribers], failure });
  const step = before(effects, close({ ...state, publisher: null }, kept, now));
  return publisher ? after(step, { do: 'end-publisher', session: publisher.session, failure }) : step;
}

/** Stops every pipeline. Subscribers and publisher have been notified before. */
export function close(state: CameraState, kept: CameraFailure | null, now: number): Step {
  if (state.phase === 'closed') return to(state);
  const { settings, attempt, attempts, source } = state;
  const effects: Effect[] = [];
  if (attempt !== null) effects.push({ do: 'cancel-opening' });
  effects.push({ do: 'close-output', failure: kept ?? new CameraFailure('The camera was closed.', 'Try again.') });
  if (source !== 'none') effects.push({ do: 'close-source' });
  return to({ ...closedCamera(settings), since: now, problem: kept, attempts }, ...effects);
}

export const enter = (state: CameraState, phase: Phase, problem: CameraFailure | null, now: number): CameraState => ({
  ...state,
  phase,
  problem,
  since: now,
  outdatedSince: null,
});

export const placeholder = (state: CameraState, title: string): Effect => ({
  do: 'show-placeholder',
  title,
  since: state.lastFrameAt,
});

/** Placeholders are encoded in H.264 only; see Output. */
export const canShowPlaceholder = ({ codec }: CameraState): boolean => codec === null || codec === 'H264';

export const to = (state: CameraState, ...effects: Effect[]): Step => ({ state, effects });

export const before = (effects: readonly Effect[], step: Step): Step => ({
  ...step,
  effects: [...effects, ...step.effects],
});

export const after = (step: Step, ...effects: readonly Effect[]): Step => ({
  ...step,
  effects: [...step.effects, ...effects],
});
