import type { VideoCodecName } from '../../protocol/codecs.js';
import { anotherSource, CameraFailure, explain, nobodyPublishes, openingNow, publisherLeft } from '../failure.js';
import {
  awaitsPublisher,
  type CameraEvent,
  type CameraState,
  type ConfigurationChange,
  closedCamera,
  type Effect,
  type Phase,
  type Step,
  type TimerName,
  timersOf,
} from './camera-state.js';

/**
 * What follows from an event: the next state, and what is to be done, in that order. Pure.
 * @param now ms; never before that of the event before
 */
export function transition(state: CameraState, event: CameraEvent, now: number): Step {
  const step = event.type === 'tick' ? fireDue(state, now) : handle(state, event, now);
  return { ...step, state: noteIdle(step.state, now) };
}

function handle(state: CameraState, event: Exclude<CameraEvent, { type: 'tick' }>, now: number): Step {
  switch (event.type) {
    case 'subscribe':
      return subscribe(state, event.subscriber, now);
    case 'unsubscribe':
      return to({ ...state, subscribers: without(state.subscribers, event.subscriber) });
    case 'publish':
      return publish(state, event.session, now);
    case 'unpublish': {
      if (state.publisher?.session !== event.session) return to(state);
      // Last: the placeholder is made of what it has sent.
      return after(publisherGone(state, now), { do: 'close-publication', session: event.session });
    }
    case 'publisher-ready':
      return publisherReady(state, event.session, event.codec, now);
    case 'publisher-failed': {
      if (state.publisher?.session !== event.session) return to(state);
      const { session, failure } = event;
      return after(publisherGone(state, now), { do: 'end-publisher', session, failure });
    }
    case 'opened':
      return opened(state, event.attempt, now);
    case 'open-failed':
      return openFailed(state, event.attempt, event.failure, now);
    case 'source-failed':
      return state.phase === 'live' && state.source === 'open' ? lose(state, event.failure, now) : to(state);
    case 'frames':
      return framesCame(state, event.at, now);
    case 'passthrough-refused':
      if (state.phase !== 'live' || state.source !== 'open' || state.attempt !== null) return to(state);
      return open({ ...state, source: 'none' }, [{ do: 'close-source' }]);
    case 'placeholder-shown':
      return state.source === 'draining' ? to({ ...state, source: 'none' }, { do: 'close-source' }) : to(state);
    case 'output-failed':
      return state.phase === 'closed' ? to(state) : fail(state, event.failure, now);
    case 'change':
      return change(state, event, now);
    case 'close': {
      const { publisher } = state;
      const step = close({ ...state, publisher: null }, null, now);
      return publisher ? after(step, { do: 'close-publication', session: publisher.session }) : step;
    }
  }
}

function subscribe(state: CameraState, subscriber: string, now: number): Step {
  const joined = { ...state, subscribers: new Set([...state.subscribers, subscriber]) };
  if (state.phase !== 'closed') return to(joined);
  if (awaitsPublisher(state.settings))
    return to(state, { do: 'fail-subscribers', subscribers: [subscriber], failure: nobodyPublishes() });
  return open({ ...enter(joined, 'opening', null, now), failures: 0 }, [{ do: 'open-output' }]);
}

function publish(state: CameraState, session: string, now: number): Step {
  const published = { ...state, publisher: { session, isLive: false } };
  if (state.phase !== 'closed') return to(published);
  return to(enter(published, 'opening', null, now), { do: 'open-output' });
}

function publisherReady(state: CameraState, session: string, codec: VideoCodecName, now: number): Step {
  if (state.publisher?.session !== session) return to(state);
  const effects: Effect[] = state.source === 'none' ? [] : [{ do: 'close-source' }];
  let { subscribers } = state;
  if (state.codec !== null && state.codec !== codec) {
    // What they agreed on is not sent any more: they negotiate again, as the publisher did.
    const failure = new CameraFailure(
      `The camera is published in ${codec} now, and was in ${state.codec}.`,
      'Ask again.',
      'no-publisher',
    );
    effects.push(
      { do: 'fail-subscribers', subscribers: [...subscribers], failure },
      { do: 'close-output', failure },
      { do: 'open-output' },
    );
    subscribers = new Set();
  }
  const live = enter(state, 'live', null, now);
  return to(
    { ...live, subscribers, publisher: { session, isLive: true }, source: 'none', lastFrameAt: now, codec },
    ...effects,
    { do: 'show-publisher', session },
  );
}

/** Whoever published is gone, and has been told so or knows it: a placeholder is shown until somebody publishes again. */
function publisherGone(state: CameraState, now: number): Step {
  const failure = publisherLeft();
  const wasCurrent = state.publisher?.isLive === true;
  const left = { ...state, publisher: null };
  const waits = state.phase !== 'opening' && canShowPlaceholder(state) && state.subscribers.size > 0;
  if (!waits || state.settings.publisherReturnMs === 0) return fail(left, failure, now, null);
  // One that never was on air leaves the placeholder where it is, and the time that is left for another one.
  if (!wasCurrent) return to(left);
  return to(enter(left, 'awaitingPublisher', failure, now), placeholder(state, 'PUBLISHER LEFT'));
}

function opened(state: CameraState, attempt: number, now: number): Step {
  if (state.attempt?.id !== attempt) return to(state);
  const { device } = state.attempt;
  const live = enter(state, 'live', null, now);
  return to(
    {
      ...live,
      source: 'open',
      sourceDevice: device,
      attempt: null,
      failures: 0,
      lastFrameAt: now,
      outdatedSince: null,
      codec: 'H264',
    },
    { do: 'show-source', attempt },
  );
}

function openFailed(state: CameraState, attempt: number, failure: CameraFailure, now: number): Step {
  if (state.attempt?.id !== attempt) return to(state);
  const failed = { ...state, attempt: null, failedAt: now };
  if (state.phase === 'opening') return fail(failed, failure, now);
  // What is still on air, if anything, is not what is configured.
  if (state.phase === 'live') return lose(failed, failure, now);
  return to({ ...failed, problem: failure, failures: state.failures + 1 });
}

function framesCame(state: CameraState, at: number, now: number): Step {
  if (state.phase === 'live') return to({ ...state, lastFrameAt: Math.max(state.lastFrameAt, at) });
  if (state.phase !== 'lost' || !state.publisher?.isLive) return to(state);
  // The publisher stalled, and sends again.
  const { session } = state.publisher;
  return to({ ...enter(state, 'live', null, now), lastFrameAt: at }, { do: 'show-publisher', session });
}

function change(state: CameraState, event: ConfigurationChange, now: number): Step {
  const { publisher } = state;
  const next = { ...state, settings: event.settings };
  if (event.reopen !== 'source' || !publisher) return changeSource(next, event, now, state.settings.isPresent);
  const failure = new CameraFailure('Another source was configured.', 'Publish to another camera.');
  const isSilent = publisher.isLive && state.phase === 'live';
  // What it has sent last would stand still from now on.
  const silent = isSilent ? enter(next, 'lost', openingNow(event.settings.source), now) : next;
  const step = changeSource({ ...silent, publisher: null }, event, now);
  const shown = isSilent && step.state.phase === 'lost' ? [placeholder(state, 'OPENING')] : [];
  return after(before(shown, step), { do: 'end-publisher', session: publisher.session, failure });
}

function changeSource(state: CameraState, event: ConfigurationChange, now: number, wasPresent = true): Step {
  const { settings, reopen, isBack } = event;
  if (state.phase === 'closed') return to({ ...state, problem: null });
  if (reopen === 'no' && wasPresent && !settings.isPresent && state.phase === 'live')
    return lose(state, explain(settings.source, 'it was unplugged'), now);
  // The driver may have said it first, in words of its own.
  if (reopen === 'no' && wasPresent && !settings.isPresent && state.phase === 'lost')
    return to({ ...state, problem: explain(settings.source, 'it was unplugged') });
  if (reopen === 'no' && !(isBack && (state.phase === 'lost' || state.phase === 'opening'))) return to(state);
  const effects: Effect[] = state.attempt === null ? [] : [{ do: 'cancel-opening' }];
  let next: CameraState = { ...state, attempt: null, failures: 0 };
  // Subscribers cannot be moved to another codec: they ask again, and are given what there is then.
  if (!canShowPlaceholder(next)) return before(effects, fail(next, anotherSource(), now, null));
  if (awaitsPublisher(settings)) {
    if (next.phase === 'opening') return before(effects, fail(next, nobodyPublishes(), now, null));
    const source = next.source === 'none' ? 'none' : 'draining';
    const awaiting: CameraState = { ...enter(next, 'awaitingPublisher', nobodyPublishes(), now), source };
    return to(awaiting, ...effects, placeholder(next, 'NO PUBLISHER'));
  }
  const isSameDevice = settings.device !== null && settings.device === next.sourceDevice;
  if (next.source === 'draining' || (next.source === 'open' && isSameDevice)) {
    effects.push({ do: 'close-source' });
    next = { ...next, source: 'none' };
  }
  if (next.phase === 'awaitingPublisher') {
    effects.push(placeholder(next, 'OPENING'));
    next = enter(next, 'lost', openingNow(settings.source), now);
  }
  // What is seen meanwhile is not what is configured; where nothing is, it is noticed as a stall.
  else if (reopen === 'source' && next.phase === 'live' && next.source === 'open')
    next = { ...next, outdatedSince: now };
  return open(next, effects);
}

function fireDue(state: CameraState, now: number): Step {
  let step: Step = to(state);
  for (;;) {
    const due = Object.entries(timersOf(step.state)).filter(([, dueAt]) => dueAt <= now);
    const [first] = due.sort(([, a], [, b]) => a - b);
    if (!first) return step;
    step = before(step.effects, fire(step.state, first[0] as TimerName, now));
  }
}

function fire(state: CameraState, timer: TimerName, now: number): Step {
  const { source, stallTimeoutMs } = state.settings;
  switch (timer) {
    case 'linger':
      return close(state, null, now);
    case 'publisherReturn':
      return fail(state, publisherLeft(), now, null);
    case 'retry':
      return open(state);
    case 'outdated':
      return lose(state, openingNow(state.settings.source), now, 'OPENING');
    case 'stall':
      if (state.attempt !== null) return lose(state, openingNow(state.settings.source), now, 'OPENING');
      return lose(state, explain(source, `no frame for ${stallTimeoutMs / 1000} s`), now);
  }
}

/** Starts an attempt to open the source. */
function open(state: CameraState, effects: readonly Effect[] = []): Step {
  const id = state.attempts + 1;
  const { device } = state.settings;
  return to({ ...state, attempt: { id, device }, attempts: id }, ...effects, { do: 'open-source', attempt: id });
}

/** The camera brings nothing any more: a placeholder is shown, and the source is opened again, if it is one. */
function lose(state: CameraState, failure: CameraFailure, now: number, title = 'CAMERA LOST'): Step {
  const source = state.source === 'none' ? 'none' : 'draining';
  return to({ ...enter(state, 'lost', failure, now), source, failedAt: now }, placeholder(state, title));
}

/** The camera cannot go on, and whoever has to do with it is told. @param kept what is reported until it is used again */
function fail(state: CameraState, failure: CameraFailure, now: number, kept: CameraFailure | null = failure): Step {
  const { publisher } = state;
  const effects: Effect[] = [];
  if (state.subscribers.size > 0)
    effects.push({ do: 'fail-subscribers', subscribers: [...state.subscribers], failure });
  const step = before(effects, close({ ...state, publisher: null }, kept, now));
  return publisher ? after(step, { do: 'end-publisher', session: publisher.session, failure }) : step;
}

/** Stops every pipeline. Whoever still has to do with the camera has been told by then. */
function close(state: CameraState, kept: CameraFailure | null, now: number): Step {
  if (state.phase === 'closed') return to(state);
  const { settings, attempt, attempts, source } = state;
  const effects: Effect[] = [];
  if (attempt !== null) effects.push({ do: 'cancel-opening' });
  effects.push({ do: 'close-output', failure: kept ?? new CameraFailure('The camera was closed.', 'Ask again.') });
  if (source !== 'none') effects.push({ do: 'close-source' });
  return to({ ...closedCamera(settings), since: now, problem: kept, attempts }, ...effects);
}

const enter = (state: CameraState, phase: Phase, problem: CameraFailure | null, now: number): CameraState => ({
  ...state,
  phase,
  problem,
  since: now,
  outdatedSince: null,
});

function noteIdle(state: CameraState, now: number): CameraState {
  const isIdle = state.phase !== 'closed' && state.subscribers.size === 0 && state.publisher === null;
  if (isIdle === (state.idleSince !== null)) return state;
  return { ...state, idleSince: isIdle ? now : null };
}

function without(subscribers: ReadonlySet<string>, subscriber: string): ReadonlySet<string> {
  return subscribers.has(subscriber) ? new Set([...subscribers].filter(other => other !== subscriber)) : subscribers;
}

const placeholder = (state: CameraState, title: string): Effect => ({
  do: 'show-placeholder',
  title,
  since: state.lastFrameAt,
});

const to = (state: CameraState, ...effects: Effect[]): Step => ({ state, effects });
const before = (effects: readonly Effect[], step: Step): Step => ({
  ...step,
  effects: [...effects, ...step.effects],
});

/** There is an encoder for placeholders of H.264 alone; see Output. */
const canShowPlaceholder = ({ codec }: CameraState): boolean => codec === null || codec === 'H264';

const after = (step: Step, ...effects: readonly Effect[]): Step => ({
  ...step,
  effects: [...step.effects, ...effects],
});
