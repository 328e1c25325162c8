/** `<camera-tile>`: a player with its name, state and figures; enlarged, or one of the grid. */

import { CameraPlayer } from '../player/camera-player.js';
import { stateWord } from '../player/player-state.js';
import type { Camera } from '../shared/api.js';
import { element, setAttribute, setHidden, setText } from '../shared/dom.js';
import { msSince } from '../shared/server-clock.js';
import { CameraDetails } from './camera-details.js';
import { CameraSettings } from './camera-settings.js';
import { compactFigures } from './figure-words.js';
import { type IconName, icon } from './icons.js';

/** Video goes stale long before this; a session that lives longer belongs to the new worker. */
const DOOMED_MS = 5_000;

/** What the user asked of a tile; `detail` of its `tile-command` events. */
export type TileCommand = 'toggle' | 'previous' | 'next' | 'snapshot' | 'fullscreen' | 'figures' | 'settings';

export class CameraTile extends HTMLElement {
  readonly player = new CameraPlayer();
  readonly #details = new CameraDetails();
  #settings: CameraSettings | undefined;
  readonly #settingsButton = this.#button('settings', 'Settings', 'settings', 'E');
  readonly #name = element('button', { type: 'button', class: 'name', 'aria-expanded': 'false' });
  readonly #stateWord = element('span', { class: 'state-word' });
  readonly #line = element('span', { class: 'figures' });
  readonly #figures = new Map<string, { box: HTMLElement; value: HTMLElement }>();
  #camera: Camera | undefined;
  /** The session of a worker that died, and until when to distrust it. */
  #doomed: { session: number; until: number } | undefined;
  /** When the camera was lost, by this page's clock, and the robot's timestamp that it was computed from. */
  #lost: { moment: string | null | undefined; since: number } | undefined;
  #built = false;

  get camera(): Camera | undefined {
    return this.#camera;
  }

  /** The camera as the server last described it. */
  set camera(camera: Camera) {
    const before = this.#camera;
    this.#camera = camera;
    this.dataset.camera = camera.id;
    setText(this.#name, camera.name);
    setAttribute(this.player, 'label', camera.name);
    setAttribute(this.player, 'src', camera.links.whep);
    // A closed camera has no frame rate; its last one is the best guess for when it opens.
    const fps = camera.fps > 0 ? camera.fps : undefined;
    if (fps !== undefined) setAttribute(this.player, 'known-fps', fps.toFixed(1));
    this.player.toggleAttribute('time-mark', camera.settings.overlay === 'timemark');
    this.#details.camera = camera;
    this.outdated = false;
    this.#showLost();
    if (before !== undefined) this.#helpPlayer(before, camera);
  }

  /** ms since the camera's newest frame, as the server reports it now; null if there never was one. */
  set frameAge(ageMs: number | null) {
    this.#details.newestFrameAt = ageMs === null ? undefined : performance.now() - ageMs;
  }

  /** Whether the server has stopped answering since. */
  set outdated(outdated: boolean) {
    this.#details.outdated = outdated;
  }

  get enlarged(): boolean {
    return this.hasAttribute('enlarged');
  }

  set enlarged(enlarged: boolean) {
    this.toggleAttribute('enlarged', enlarged);
    this.#name.setAttribute('aria-expanded', String(enlarged));
    this.#details.active = enlarged;
    if (!enlarged) this.configuring = false;
  }

  /** Whether the token may change its settings. */
  set changeable(changeable: boolean) {
    setHidden(this.#settingsButton, !changeable);
    if (!changeable) this.configuring = false;
  }

  get configuring(): boolean {
    return this.#settings !== undefined;
  }

  /** Shows the settings instead of the figures; only of an enlarged camera, and only if the token may change them. */
  set configuring(configuring: boolean) {
    if (configuring === this.configuring) return;
    if (configuring && (!this.enlarged || this.#settingsButton.hidden || this.#camera === undefined)) return;
    this.#settings?.remove();
    this.#settings = configuring && this.#camera !== undefined ? new CameraSettings(this.#camera.id) : undefined;
    if (this.#settings !== undefined) this.append(this.#settings);
    this.toggleAttribute('configuring', configuring);
    this.#settingsButton.setAttribute('aria-expanded', String(configuring));
  }

  override focus(options?: FocusOptions): void {
    this.#name.focus(options);
  }

  connectedCallback(): void {
    if (this.#built) return;
    this.#built = true;
    const view = element('div', { class: 'view' }, this.player);
    this.append(this.#bar(), view, this.#details);
    setHidden(this.#settingsButton, true);
    this.#showState();
    this.#showFigures();
    view.addEventListener('click', () => {
      if (!this.enlarged) this.#command('toggle');
    });
    view.addEventListener('dblclick', () => {
      if (this.enlarged) this.#command('fullscreen');
    });
    this.player.addEventListener('statechange', () => {
      this.#showState();
      this.#leaveDoomed();
    });
    this.player.addEventListener('figures', () => this.#showFigures());
  }

  /** Reads the robot's clock once: it may jump while the camera is lost. */
  #showLost(): void {
    const { state, problem, lostSince } = this.#camera ?? {};
    if (state !== 'lost') this.#lost = undefined;
    else if (this.#lost?.moment !== lostSince)
      this.#lost = { moment: lostSince, since: performance.now() - (lostSince == null ? 0 : msSince(lostSince)) };
    const { since } = this.#lost ?? {};
    this.player.lost =
      since === undefined
        ? undefined
        : { since, detail: problem?.detail ?? 'No video from the camera.', remedy: problem?.remedy };
  }

  /** The server knows sooner than a silent connection that a camera's worker or publisher is gone, or back. */
  #helpPlayer(before: Camera, now: Camera): void {
    const died = now.restarts > before.restarts || (now.state === 'down' && before.state !== 'down');
    // Another publisher now, or none.
    const left = before.publisher !== null && now.publisher !== before.publisher;
    if (died || left) {
      this.#doomed = { session: this.player.sessions, until: performance.now() + DOOMED_MS };
    }
    const ready = now.state === 'idle' || now.state === 'live';
    if (ready && now.state !== before.state) this.player.retryNow();
    this.#leaveDoomed();
  }

  /** A session whose worker or publisher is gone gets no more frames; one that still does was opened later. */
  #leaveDoomed(): void {
    const doomed = this.#doomed;
    if (doomed?.session !== this.player.sessions || performance.now() > doomed.until) return;
    if (this.player.state === 'stale') this.player.reconnect();
  }

  #bar(): HTMLElement {
    this.#name.addEventListener('click', () => this.#command('toggle'));
    for (const { key, label, title } of compactFigures(undefined, undefined)) {
      const value = element('b');
      const box = element('span', { class: 'figure', 'data-key': key, title }, label === '' ? '' : `${label} `, value);
      this.#figures.set(key, { box, value });
      this.#line.append(box);
    }
    const alone = (...buttons: HTMLElement[]): HTMLElement => element('span', { class: 'actions alone' }, ...buttons);
    return element(
      'header',
      { class: 'bar' },
      alone(this.#button('back', 'All cameras', 'toggle', 'Esc')),
      element('span', { class: 'state' }, element('i', { 'aria-hidden': 'true' }), this.#stateWord),
      element('h2', {}, this.#name),
      this.#line,
      element('span', { class: 'actions' }, this.#button('snapshot', 'Snapshot', 'snapshot', 'S')),
      alone(
        this.#button('previous', 'Previous camera', 'previous', '←'),
        this.#button('next', 'Next camera', 'next', '→'),
        this.#button('figures', 'Figures', 'figures', 'I'),
        this.#settingsButton,
        ...(document.fullscreenEnabled ? [this.#button('fullscreen', 'Full screen', 'fullscreen', 'F')] : []),
      ),
    );
  }

  #button(name: IconName, label: string, command: TileCommand, key: string): HTMLButtonElement {
    const title = `${label} (${key})`;
    const button = element(
      'button',
      { type: 'button', class: `tool tool-${name}`, 'aria-label': label, title },
      icon(name),
    );
    button.addEventListener('click', () => this.#command(command));
    return button;
  }

  #showState(): void {
    this.dataset.state = this.player.state;
    setText(this.#stateWord, stateWord[this.player.state]);
  }

  #showFigures(): void {
    const { figures } = this.player;
    for (const { key, value, warn } of compactFigures(
      figures,
      Number(this.player.getAttribute('known-fps')) || undefined,
    )) {
      const shown = this.#figures.get(key);
      if (shown === undefined) continue;
      setText(shown.value, value);
      setHidden(shown.box, value === '');
      shown.box.classList.toggle('warn', warn);
    }
    this.#details.figures = figures;
  }

  #command(command: TileCommand): void {
    this.dispatchEvent(new CustomEvent<TileCommand>('tile-command', { bubbles: true, detail: command }));
  }
}

customElements.define('camera-tile', CameraTile);
