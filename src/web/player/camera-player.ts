/** `<camera-player src="/whep/road" label="Road">`: one camera, live; never shows an old frame as a new one. */
import { setAttribute } from '../shared/dom.js';
import { onTokenChange } from '../shared/token.js';
import { createPlayback, type Playback, type PlaybackHost } from './playback.js';
import { type LostCamera, type PlayerState, type PlayerStatus, withLost } from './player-state.js';
import type { PlayerFigures } from './player-stats.js';
import { createPlayerView } from './player-view.js';
import { encodePng } from './snapshot.js';
import { watchStats } from './stats-watch.js';
import { type TimeMarkWatch, watchTimeMark } from './time-mark-watch.js';
import type { WhepSession } from './whep-client.js';

/** A glance at another tab should not cost a new session. */
const HIDDEN_GRACE_MS = 5_000;

/**
 * Attributes: `src`, path of the WHEP endpoint; `label`, the camera's name for people; `known-fps`, the camera's frame
 * rate if known; `time-mark`, whether its frames have one. Reflects `state` (see player-state.ts) and, once a second,
 * `data-fps`, `data-bitrate`, `data-width`, `data-height`, `data-frames`, `data-sessions`, `data-capture-ms` (p50 of
 * the time mark); `data-age` (ms) while the video is not live.
 *
 * Events: `statechange`, `figures`, `unauthorized`; they bubble, and their details are the properties of that name.
 */
export class CameraPlayer extends HTMLElement {
  static readonly observedAttributes = ['src', 'label', 'time-mark'];

  readonly #view = createPlayerView(this.attachShadow({ mode: 'open' }), () => this.retryNow());
  #playback: Playback | undefined;
  /** As playback reports it, and as shown: playback does not know of a lost camera. */
  #played: PlayerStatus = { state: 'connecting' };
  #status: PlayerStatus = { state: 'connecting' };
  #lost: LostCamera | undefined;
  #figures: PlayerFigures | undefined;
  #sessions = 0;
  #endStats: (() => void) | undefined;
  #session: WhepSession | undefined;
  #timeMark: TimeMarkWatch | undefined;
  #endListening: (() => void) | undefined;

  get state(): PlayerState {
    return this.#status.state;
  }

  get status(): PlayerStatus {
    return this.#status;
  }

  /** Figures of the last second; undefined without a session. */
  get figures(): PlayerFigures | undefined {
    return this.#figures;
  }

  /** How many sessions there have been since the element was made. */
  get sessions(): number {
    return this.#sessions;
  }

  get video(): HTMLVideoElement {
    return this.#view.video;
  }

  /** Why the video is not the camera's, if the server said so. */
  set lost(lost: LostCamera | undefined) {
    this.#lost = lost;
    if (this.#playback !== undefined) this.#onStatus(this.#played);
  }

  retryNow(): void {
    this.#playback?.retryNow();
  }

  reconnect(): void {
    this.#playback?.reconnect();
  }

  /** The frame on the screen, as a PNG in its full resolution, and when it was new; null if there is none. */
  async snapshot(): Promise<{ png: Blob; at: Date } | null> {
    const image = this.#view.image();
    // A placeholder is no snapshot of the camera.
    if (image === undefined || this.#status.state === 'lost') return null;
    const at = new Date(Date.now() - (this.#status.ageMs ?? 0));
    const png = await encodePng(image);
    return png === null ? null : { png, at };
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (name === 'label') this.#view.setLabel(after ?? '');
    else if (name === 'time-mark') this.#watchTimeMark();
    else if (before !== after && this.isConnected) this.#restart();
  }

  connectedCallback(): void {
    this.#view.setLabel(this.getAttribute('label') ?? '');
    this.#listen();
    this.#restart();
  }

  disconnectedCallback(): void {
    this.#endListening?.();
    this.#playback?.close();
    this.#playback = undefined;
    this.#view.release();
  }

  #restart(): void {
    this.#playback?.close();
    this.#playback = undefined;
    const src = this.getAttribute('src');
    if (src === null || src === '') return;
    this.#playback = createPlayback(this.#host(new URL(src, document.baseURI)));
    this.#playback.play();
  }

  #host(endpoint: URL): PlaybackHost {
    const knownFps = (): number | undefined => Number(this.getAttribute('known-fps')) || undefined;
    const cameraLost = (): boolean => this.#lost !== undefined;
    return {
      video: this.#view.video,
      endpoint,
      get knownFps() {
        return knownFps();
      },
      get cameraLost() {
        return cameraLost();
      },
      holdFrame: () => this.#view.hold(),
      releaseFrame: () => this.#view.release(),
      onStatus: status => this.#onStatus(status),
      onSession: session => this.#onSession(session),
      onUnauthorized: () => this.#emit('unauthorized'),
    };
  }

  #onStatus(played: PlayerStatus): void {
    this.#played = played;
    const status = withLost(played, this.#lost, performance.now());
    const changed = status.state !== this.getAttribute('state');
    this.#status = status;
    const age = status.state === 'playing' ? undefined : status.ageMs;
    setAttribute(this, 'data-age', age === undefined ? undefined : String(Math.round(age)));
    if (changed) this.setAttribute('state', status.state);
    this.#view.render(status);
    if (changed) this.#emit('statechange');
  }

  #onSession(session: WhepSession | undefined): void {
    this.#endStats?.();
    this.#session = session;
    this.#watchTimeMark();
    this.#endStats = session && watchStats(session, figures => this.#onFigures(figures));
    if (session !== undefined) this.dataset.sessions = String(++this.#sessions);
    else this.#onFigures(undefined);
  }

  /** Only while there is a session whose frames have one. */
  #watchTimeMark(): void {
    this.#timeMark?.stop();
    const isMarked = this.#session !== undefined && this.hasAttribute('time-mark');
    this.#timeMark = isMarked ? watchTimeMark(this.video) : undefined;
  }

  #onFigures(measured: PlayerFigures | undefined): void {
    const capture = this.#timeMark?.read();
    const figures = measured && capture ? { ...measured, capture } : measured;
    this.#figures = figures;
    setAttribute(this, 'data-capture-ms', figures?.capture?.p50.toFixed(1));
    setAttribute(this, 'data-fps', (figures?.fps ?? 0).toFixed(1));
    setAttribute(this, 'data-bitrate', String(Math.round(figures?.bitrate ?? 0)));
    setAttribute(this, 'data-width', figures?.width?.toString());
    setAttribute(this, 'data-height', figures?.height?.toString());
    setAttribute(this, 'data-frames', figures?.framesDecoded.toString());
    this.#emit('figures');
  }

  #listen(): void {
    let grace: ReturnType<typeof setTimeout> | undefined;
    const pause = (): void => this.#playback?.pause();
    const play = (): void => this.#playback?.play();
    const onVisibility = (): void => {
      clearTimeout(grace);
      if (document.hidden) grace = setTimeout(pause, HIDDEN_GRACE_MS);
      else play();
    };
    const onShow = (event: PageTransitionEvent): void => {
      if (event.persisted) play();
    };
    const retry = (): void => this.retryNow();
    const endToken = onTokenChange(retry);
    document.addEventListener('visibilitychange', onVisibility);
    // The last chance to tell the server; a page that comes back from the cache plays again.
    addEventListener('pagehide', pause);
    addEventListener('pageshow', onShow);
    addEventListener('online', retry);
    onVisibility();
    this.#endListening = () => {
      clearTimeout(grace);
      endToken();
      document.removeEventListener('visibilitychange', onVisibility);
      removeEventListener('pagehide', pause);
      removeEventListener('pageshow', onShow);
      removeEventListener('online', retry);
    };
  }

  #emit(name: 'statechange' | 'figures' | 'unauthorized'): void {
    const detail = name === 'figures' ? this.#figures : this.#status;
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
  }
}

customElements.define('camera-player', CameraPlayer);
