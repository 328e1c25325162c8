import type { VideoCodecName } from '../../protocol/codecs.js';
import { CameraFailure, explain, noPublisher, publisherLeft, sourceChanged, sourceOpening } from '../failure.js';
import {
  awaitsPublisher,
  type CameraEvent,
  type CameraState,
  type ConfigurationChange,
  type Effect,
  type Step,
  type TimerName,
  timersOf,
} from './camera-state.js';
import { after, before, canShowPlaceholder, close, enter, fail, lose, open, placeholder, to } from './camera-steps.js';

/**
 * The transition for an event: the next state, and the effects to run, in order. Pure.
 * @param now ms; never earlier than that of the previous event
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
      // Last, as the placeholder is made from the publication's last frame.
      return after(losePublisher(state, now), { do: 'close-publication', session: event.session });
    }
    case 'publisher-ready':
      return publisherReady(state, event.session, event.codec, now);
    case 'publisher-failed': {
      if (state.publisher?.session !== event.session) return to(state);
      const { session, failure } = event;
      return after(losePublisher(state, now), { do: 'end-publisher', session, failure });
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
    return to(state, { do: 'fail-subscribers', subscribers: [subscriber], failure: noPublisher() });
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
    // The negotiated codec is no longer sent: subscribers negotiate again, as the publisher did.
    const failure = new CameraFailure(
      `The camera is published in ${codec} now, and was in ${state.codec}.`,
      'Try again.',
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

/** The publisher has left and knows it: a placeholder is shown until somebody publishes again. */
function losePublisher(state: CameraState, now: number): Step {
  const failure = publisherLeft();
  const wasCurrent = state.publisher?.isLive === true;
  const left = { ...state, publisher: null };
  const waits = state.phase !== 'opening' && canShowPlaceholder(state) && state.subscribers.size > 0;
  if (!waits || state.settings.publisherReturnMs === 0) return fail(left, failure, now, null);
  // A publisher that was never live leaves the placeholder and the timer `publisherReturn` as they are.
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
  // What is still shown, if anything, is not the configured source.
  if (state.phase === 'live') return lose(failed, failure, now);
  return to({ ...failed, problem: failure, failures: state.failures + 1 });
}

function framesCame(state: CameraState, at: number, now: number): Step {
  if (state.phase === 'live') return to({ ...state, lastFrameAt: Math.max(state.lastFrameAt, at) });
  if (state.phase !== 'lost' || !state.publisher?.isLive) return to(state);
  // The publisher had stalled, and sends again.
  const { session } = state.publisher;
  return to({ ...enter(state, 'live', null, now), lastFrameAt: at }, { do: 'show-publisher', session });
}

function change(state: CameraState, event: ConfigurationChange, now: number): Step {
  const { publisher } = state;
  const next = { ...state, settings: event.settings };
  if (event.reopen !== 'source' || !publisher) return changeSource(next, event, now, state.settings.isPresent);
  const failure = new CameraFailure('Another source was configured.', 'Publish to another camera.');
  const wasLive = publisher.isLive && state.phase === 'live';
  // Its last frame would freeze on the viewers' screens.
  const lost = wasLive ? enter(next, 'lost', sourceOpening(event.settings.source), now) : next;
  const step = changeSource({ ...lost, publisher: null }, event, now);
  const shown = wasLive && step.state.phase === 'lost' ? [placeholder(state, 'OPENING')] : [];
  return after(before(shown, step), { do: 'end-publisher', session: publisher.session, failure });
}

function changeSource(state: CameraState, event: ConfigurationChange, now: number, wasPresent = true): Step {
  const { settings, reopen, isBack } = event;
  if (state.phase === 'closed') return to({ ...state, problem: null });
  if (reopen === 'no' && wasPresent && !settings.isPresent && state.phase === 'live')
    return lose(state, explain(settings.source, 'it was unplugged'), now);
  // The driver may have reported it first, in its own words.
  if (reopen === 'no' && wasPresent && !settings.isPresent && state.phase === 'lost')
    return to({ ...state, problem: explain(settings.source, 'it was unplugged') });
  if (reopen === 'no' && !(isBack && (state.phase === 'lost' || state.phase === 'opening'))) return to(state);
  const effects: Effect[] = state.attempt === null ? [] : [{ do: 'cancel-opening' }];
  let next: CameraState = { ...state, attempt: null, failures: 0 };
  // Subscribers cannot be moved to another codec: they negotiate again.
  if (!canShowPlaceholder(next)) return before(effects, fail(next, sourceChanged(), now, null));
  if (awaitsPublisher(settings)) {
    if (next.phase === 'opening') return before(effects, fail(next, noPublisher(), now, null));
    const source = next.source === 'none' ? 'none' : 'draining';
    const awaiting: CameraState = { ...enter(next, 'awaitingPublisher', noPublisher(), now), source };
    return to(awaiting, ...effects, placeholder(next, 'NO PUBLISHER'));
  }
  const isSameDevice = settings.device !== null && settings.device === next.sourceDevice;
  if (next.source === 'draining' || (next.source === 'open' && isSameDevice)) {
    effects.push({ do: 'close-source' });
    next = { ...next, source: 'none' };
  }
  if (next.phase === 'awaitingPublisher') {
    effects.push(placeholder(next, 'OPENING'));
    next = enter(next, 'lost', sourceOpening(settings.source), now);
  }
  // Until then viewers see the previous source; if it delivers no frames, the timer `stall` fires.
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
      return lose(state, sourceOpening(state.settings.source), now, 'OPENING');
    case 'stall':
      if (state.attempt !== null) return lose(state, sourceOpening(state.settings.source), now, 'OPENING');
      return lose(state, explain(source, `no frame for ${stallTimeoutMs / 1000} s`), now);
  }
}

function noteIdle(state: CameraState, now: number): CameraState {
  const isIdle = state.phase !== 'closed' && state.subscribers.size === 0 && state.publisher === null;
  if (isIdle === (state.idleSince !== null)) return state;
  return { ...state, idleSince: isIdle ? now : null };
}

function without(subscribers: ReadonlySet<string>, subscriber: string): ReadonlySet<string> {
  return subscribers.has(subscriber) ? new Set([...subscribers].filter(other => other !== subscriber)) : subscribers;
}
