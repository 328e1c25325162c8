/** Keeps one camera playing: opens a session, watches it, and opens a new one when it is lost. */
import { retryDelayMs } from '../../protocol/backoff.js';
import { assessFreshness, type Freshness, staleAfterMs } from './freshness.js';
import { monitorPlayback, type PlaybackMonitor } from './playback-monitor.js';
import * as trouble from './playback-trouble.js';
import type { PlayerState, PlayerStatus, Trouble } from './player-state.js';
import { openWhepSession, WhepRefusal, type WhepSession } from './whep-client.js';

const TICK_MS = 100;
/** ICE recovers from a short `disconnected` by itself. */
const DISCONNECTED_MS = 2_000;
const FIRST_FRAME_MS = 8_000;
/** After a session that played this long, retries start with the shortest delay again. */
const STEADY_MS = 5_000;
const UNAUTHORIZED = 401;

/** What playback needs from its element. */
export interface PlaybackHost {
  readonly video: HTMLVideoElement;
  readonly endpoint: URL;
  readonly knownFps: number | undefined;
  /** Whether the server reports the camera as lost: a new session would get no video either. */
  readonly cameraLost: boolean;
  /** Called before the session ends, and its last frame with it, unless the host keeps a copy. */
  holdFrame(): void;
  /** A new frame is on the screen. */
  releaseFrame(): void;
  onStatus(status: PlayerStatus): void;
  /** Called once per session, and with undefined when it has ended. */
  onSession(session: WhepSession | undefined): void;
  onUnauthorized(): void;
}

export interface Playback {
  /** Plays, or plays again after `pause`. */
  play(): void;
  /** Ends the session and keeps the last frame. */
  pause(): void;
  /** Retries now instead of waiting. */
  retryNow(): void;
  /** Replaces the session, in any state. */
  reconnect(): void;
  close(): void;
}

type Phase = 'idle' | 'opening' | 'established' | 'waiting' | 'refused';

export function createPlayback(host: PlaybackHost): Playback {
  const { video } = host;
  let phase: Phase = 'idle';
  let abort = new AbortController();
  let session: WhepSession | undefined;
  let monitor: PlaybackMonitor | undefined;
  let ticking: ReturnType<typeof setInterval> | undefined;
  let failures = 0;
  let lost: Trouble | undefined;
  /** Whether `lost` is shown as `failed`. */
  let hard = false;
  let retryAt = 0;
  let establishedAt = 0;
  let firstFrameAt = 0;
  let disconnectedAt: number | undefined;
  /** When the frame on the screen arrived, in whichever session. */
  let frameAt: number | undefined;
  let needsClick = false;

  const freshness = (now: number): Freshness =>
    assessFreshness(now - (monitor?.lastFrameAt ?? now), staleAfterMs(host.knownFps, monitor?.interval));

  function state(now: number): PlayerState {
    if (phase === 'idle') return 'paused';
    if (needsClick) return 'paused';
    if (phase === 'established' && monitor?.lastFrameAt !== undefined) {
      return freshness(now) === 'fresh' ? 'playing' : 'stale';
    }
    // Until a frame arrives: the message stays readable during retries.
    if (hard) return 'failed';
    return frameAt !== undefined || failures > 0 ? 'reconnecting' : 'connecting';
  }

  function report(now = performance.now()): void {
    const status: PlayerStatus = { state: state(now) };
    if (frameAt !== undefined) status.ageMs = Math.max(0, now - frameAt);
    if (lost !== undefined && phase !== 'idle') status.trouble = lost;
    if (phase === 'waiting') status.retryInMs = Math.max(0, retryAt - now);
    if (needsClick) status.needsClick = true;
    host.onStatus(status);
  }

  function startVideo(): void {
    video.play().then(
      () => {
        needsClick = false;
      },
      (error: unknown) => {
        // Any other error comes from a source that has been replaced since.
        needsClick = error instanceof DOMException && error.name === 'NotAllowedError';
      },
    );
  }

  function dropSession(): void {
    abort.abort();
    if (session === undefined) return;
    host.holdFrame();
    monitor?.stop();
    session.close();
    session = undefined;
    monitor = undefined;
    disconnectedAt = undefined;
    video.srcObject = null;
    host.onSession(undefined);
  }

  function wait(why: Trouble, retryAfterMs = 0): void {
    dropSession();
    lost = why;
    phase = 'waiting';
    retryAt = performance.now() + retryDelayMs(failures, retryAfterMs);
    failures++;
    report();
  }

  function fail(error: unknown): void {
    hard = false;
    if (!(error instanceof WhepRefusal)) {
      // A browser that rejects the answer throws a DOMException; a dead network, a TypeError.
      const network = !(error instanceof DOMException) || error.name === 'AbortError';
      hard = !network;
      wait(network ? trouble.unreachable : trouble.notPlayable(error.message));
      return;
    }
    hard = !trouble.isTransient(error.problem);
    if (error.problem.status !== UNAUTHORIZED) {
      wait(trouble.refused(error.problem), error.retryAfterMs);
      return;
    }
    // Retrying with the same token can only fail again.
    dropSession();
    lost = trouble.refused(error.problem);
    phase = 'refused';
    report();
    host.onUnauthorized();
  }

  function established(opened: WhepSession): void {
    session = opened;
    phase = 'established';
    establishedAt = performance.now();
    video.srcObject = opened.stream;
    monitor = monitorPlayback(video, opened.receiver, () => {
      firstFrameAt = performance.now();
      frameAt = firstFrameAt;
      lost = undefined;
      hard = false;
      host.releaseFrame();
      report();
    });
    startVideo();
    host.onSession(opened);
    report();
  }

  function attempt(): void {
    dropSession();
    phase = 'opening';
    abort = new AbortController();
    const { signal } = abort;
    report();
    openWhepSession(host.endpoint, signal).then(
      opened => (signal.aborted ? opened.close() : established(opened)),
      (error: unknown) => {
        if (!signal.aborted) fail(error);
      },
    );
  }

  function watch(now: number): void {
    if (session === undefined || monitor === undefined) return;
    monitor.tick(now);
    frameAt = monitor.lastFrameAt ?? frameAt;
    const connection = session.peer.connectionState;
    disconnectedAt = connection === 'disconnected' ? (disconnectedAt ?? now) : undefined;

    if (connection === 'failed' || connection === 'closed') wait(trouble.connectionLost);
    else if (disconnectedAt !== undefined && now - disconnectedAt > DISCONNECTED_MS) wait(trouble.connectionLost);
    else if (monitor.lastFrameAt === undefined) {
      if (needsClick || now - establishedAt <= FIRST_FRAME_MS) return;
      hard = true;
      wait(trouble.nothingArrived(connection === 'connected', FIRST_FRAME_MS));
    } else if (freshness(now) === 'lost' && !host.cameraLost) wait(trouble.stopped(now - monitor.lastFrameAt));
    else if (now - firstFrameAt > STEADY_MS && freshness(now) === 'fresh') failures = 0;
  }

  function tick(): void {
    const now = performance.now();
    if (phase === 'established') watch(now);
    else if (phase === 'waiting' && now >= retryAt) attempt();
    report(now);
  }

  /** Media keys and power savers pause a video behind the page's back. */
  const onPause = (): void => {
    if (session !== undefined) startVideo();
  };

  function leave(): void {
    clearInterval(ticking);
    ticking = undefined;
    video.removeEventListener('pause', onPause);
    dropSession();
    phase = 'idle';
  }

  return {
    play() {
      if (phase !== 'idle') return;
      failures = 0;
      lost = undefined;
      hard = false;
      video.addEventListener('pause', onPause);
      ticking = setInterval(tick, TICK_MS);
      attempt();
    },
    pause() {
      if (phase === 'idle') return;
      leave();
      report();
    },
    retryNow() {
      if (needsClick) startVideo();
      else if (phase === 'waiting' || phase === 'refused') attempt();
    },
    reconnect() {
      if (phase === 'idle') return;
      if (phase === 'established') lost = trouble.asked;
      attempt();
    },
    close: leave,
  };
}
