import {
  type CameraEvent,
  type CameraSettings,
  type CameraState,
  closedCamera,
  type Effect,
  nextDue,
  timersOf,
} from '../../src/worker/camera/camera-state.js';
import { transition } from '../../src/worker/camera/camera-transition.js';
import { CameraFailure } from '../../src/worker/failure.js';

export const TEST_SETTINGS: CameraSettings = {
  source: { type: 'rtsp', url: 'rtsp://camera/a' },
  isPresent: true,
  device: 'rtsp://camera/a',
  stallTimeoutMs: 2_000,
  lingerMs: 10_000,
  publisherReturnMs: 30_000,
};
export const PUBLISHED: CameraSettings = { ...TEST_SETTINGS, source: { type: 'whip' }, device: null };

/**
 * A camera's state on a clock that stands still until it is moved. Keeps track of what its effects do to pipelines and
 * sessions, and checks the invariants after each effect.
 */
export class CameraWorld {
  state: CameraState;
  now = 1_000;
  /** What has happened, a line each. */
  readonly trace: string[] = [];
  /** Subscribers that were sent its failure. */
  readonly failed = new Set<string>();
  /** Subscribers that were not. */
  readonly waiting = new Set<string>();
  readonly endedPublishers = new Set<string>();
  readonly faults: string[] = [];
  isOutputOpen = false;
  /** The attempt in progress, and the open source, each by its device. */
  opening: { attempt: number; device: string | null } | null = null;
  source: { device: string | null } | null = null;
  /** A placeholder that was requested and is not shown yet: the last one, as it supersedes the others. */
  isPlaceholderDue = false;
  shown: 'nothing' | 'source' | 'publisher' | 'placeholder' | 'closed' = 'nothing';

  constructor(settings = TEST_SETTINGS) {
    this.state = closedCamera(settings);
  }

  send(event: CameraEvent): this {
    const { state, effects } = transition(this.state, event, this.now);
    this.state = state;
    for (const effect of effects) this.#run(effect);
    return this;
  }

  /** Lets time pass, and fires each timer when it is due. */
  pass(ms: number): this {
    const until = this.now + ms;
    for (let due = nextDue(this.state); due !== null && due <= until; due = nextDue(this.state)) {
      this.now = Math.max(this.now, due);
      const before = this.state;
      this.send({ type: 'tick' });
      if (this.state === before) {
        this.faults.push(`a timer of ${this.state.phase} does nothing: ${JSON.stringify(timersOf(before))}`);
        break;
      }
    }
    this.now = until;
    return this;
  }

  subscribe(subscriber: string): this {
    this.waiting.add(subscriber);
    return this.send({ type: 'subscribe', subscriber });
  }

  unsubscribe(subscriber: string): this {
    this.waiting.delete(subscriber);
    return this.send({ type: 'unsubscribe', subscriber });
  }

  publish(session: string): this {
    return this.send({ type: 'publish', session });
  }

  publisherReady(session: string, codec: 'H264' | 'VP8' = 'H264'): this {
    return this.send({ type: 'publisher-ready', session, codec });
  }

  unpublish(session: string): this {
    return this.send({ type: 'unpublish', session });
  }

  opened(): this {
    return this.send({ type: 'opened', attempt: this.opening?.attempt ?? -1 });
  }

  openFailed(): this {
    const attempt = this.opening?.attempt ?? -1;
    this.opening = null;
    return this.send({ type: 'open-failed', attempt, failure: FAILURE });
  }

  frames(): this {
    return this.send({ type: 'frames', at: this.now });
  }

  placeholderShown(): this {
    if (!this.isPlaceholderDue) return this;
    this.isPlaceholderDue = false;
    if (this.isOutputOpen) this.shown = 'placeholder';
    return this.send({ type: 'placeholder-shown' });
  }

  configure(change: Partial<Extract<CameraEvent, { type: 'change' }>>): this {
    return this.send({
      type: 'change',
      settings: this.state.settings,
      reopen: 'no',
      isBack: false,
      ...change,
    });
  }

  #run(effect: Effect): void {
    this.trace.push(lineOf(effect));
    switch (effect.do) {
      case 'open-output':
        if (this.isOutputOpen) this.faults.push('the output is opened twice');
        this.isOutputOpen = true;
        return;
      case 'close-output':
        this.isOutputOpen = this.isPlaceholderDue = false;
        this.shown = 'nothing';
        return;
      case 'open-source': {
        const { device } = this.state.settings;
        if (!this.isOutputOpen) this.faults.push('a source is opened for no output');
        if (this.opening) this.faults.push(`attempt ${effect.attempt} while ${this.opening.attempt} is under way`);
        if (device !== null && this.source?.device === device) this.faults.push(`${device} is opened while it is open`);
        this.opening = { attempt: effect.attempt, device };
        return;
      }
      case 'cancel-opening':
        this.opening = null;
        return;
      case 'show-source':
        this.isPlaceholderDue = false;
        this.source = this.opening && { device: this.opening.device };
        this.opening = null;
        this.shown = 'source';
        return;
      case 'close-source':
        this.source = null;
        return;
      case 'show-publisher':
        if (!this.isOutputOpen) this.faults.push('a publisher is shown by no output');
        this.isPlaceholderDue = false;
        this.shown = 'publisher';
        return;
      case 'show-placeholder':
        // If one has been requested already, its frame was taken in time.
        if (this.shown === 'closed' && !this.isPlaceholderDue)
          this.faults.push('the placeholder is to be made of what is closed');
        this.isPlaceholderDue = true;
        return;
      case 'close-publication':
      case 'end-publisher':
        this.endedPublishers.add(effect.session);
        if (this.shown === 'publisher') this.shown = 'closed';
        return;
      case 'fail-subscribers':
        for (const subscriber of effect.subscribers) {
          this.failed.add(subscriber);
          this.waiting.delete(subscriber);
        }
    }
  }
}

export const FAILURE = new CameraFailure('It cannot be opened.', 'Plug it in.');

function lineOf(effect: Effect): string {
  switch (effect.do) {
    case 'show-placeholder':
      return `show-placeholder ${effect.title}`;
    case 'fail-subscribers':
      return `fail ${effect.subscribers.join(' ')}: ${effect.failure.message}`;
    case 'end-publisher':
      return `end-publisher ${effect.session}: ${effect.failure.message}`;
    case 'close-publication':
      return `close-publication ${effect.session}`;
    default:
      return effect.do;
  }
}
