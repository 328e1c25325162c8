/** `<camera-grid>`: all cameras, each as large as the window allows, or one of them alone. */

import type { PlayerState } from '../player/player-state.js';
import type { Camera } from '../shared/api.js';
import { CameraTile } from './camera-tile.js';
import { commonAspect, gridLayout } from './grid-layout.js';
import { isAdmin, type Permissions } from './permissions.js';

/** Pixels; cameras.css has the same numbers. */
const GAP = 10;
/** A wide tile has its name and its figures on one line, a tiny one has no room for a second. */
const ONE_LINE_FROM = 620;
const ONE_LINE_TO = 240;
/** With the tile's border. */
const LOW_BAR = 38;
const HIGH_BAR = 60;

const barHeight = (tileWidth: number): number =>
  tileWidth >= ONE_LINE_FROM || tileWidth < ONE_LINE_TO ? LOW_BAR : HIGH_BAR;

export class CameraGrid extends HTMLElement {
  /** In the order of the configuration. */
  #tiles = new Map<string, CameraTile>();
  readonly #resize = new ResizeObserver(() => this.#layOut());
  #enlarged: string | undefined;

  get tiles(): readonly CameraTile[] {
    return [...this.#tiles.values()];
  }

  get states(): readonly PlayerState[] {
    return this.tiles.map(tile => tile.player.state);
  }

  /** The camera that is alone in the window; undefined while all are shown. */
  get enlarged(): string | undefined {
    return this.#enlarged;
  }

  set enlarged(id: string | undefined) {
    const before = this.#enlarged;
    this.#enlarged = id !== undefined && this.#tiles.has(id) ? id : undefined;
    this.#show();
    // Back in the grid, the focus is on the camera that was enlarged.
    if (before !== this.#enlarged)
      this.tile(this.#enlarged ?? before)?.focus({ preventScroll: this.#enlarged !== undefined });
  }

  tile(id: string | undefined): CameraTile | undefined {
    return id === undefined ? undefined : this.#tiles.get(id);
  }

  /** Whether the server has stopped answering, so that what is known of its cameras may be out of date. */
  set outdated(outdated: boolean) {
    for (const tile of this.tiles) tile.outdated = outdated;
  }

  /** The age of each camera's newest frame, as the server reports it now. */
  updateAges(ages: readonly { id: string; ageMs: number | null }[]): void {
    for (const { id, ageMs } of ages) {
      const tile = this.tile(id);
      if (tile !== undefined) tile.frameAge = ageMs;
    }
  }

  /** What the token may do. */
  set permissions(permissions: Permissions) {
    // A legacy sender's camera is in no configuration.
    for (const [id, tile] of this.#tiles)
      tile.changeable = isAdmin(permissions, id) && tile.camera?.source !== 'legacy';
  }

  /** The cameras as the server has them now. A tile and its session stay as long as the camera does. */
  update(cameras: readonly Camera[]): void {
    const before = this.#tiles;
    this.#tiles = new Map();
    for (const [index, camera] of cameras.entries()) {
      const tile = before.get(camera.id) ?? new CameraTile();
      before.delete(camera.id);
      this.#tiles.set(camera.id, tile);
      tile.camera = camera;
      // By style: moving a tile in the document would disconnect it first and end its session.
      tile.style.order = String(index);
      if (!tile.isConnected) this.append(tile);
    }
    for (const gone of before.values()) gone.remove();
    if (this.tile(this.#enlarged) === undefined) this.#enlarged = undefined;
    this.#show();
  }

  connectedCallback(): void {
    this.#resize.observe(this);
  }

  disconnectedCallback(): void {
    this.#resize.disconnect();
  }

  #show(): void {
    this.toggleAttribute('alone', this.#enlarged !== undefined);
    for (const [id, tile] of this.#tiles) {
      const alone = id === this.#enlarged;
      tile.hidden = this.#enlarged !== undefined && !alone;
      if (tile.enlarged !== alone) tile.enlarged = alone;
    }
    this.#layOut();
  }

  #layOut(): void {
    const shapes = this.tiles.map(({ camera }) => ({
      width: camera?.video?.width ?? camera?.settings.width ?? 0,
      height: camera?.video?.height ?? camera?.settings.height ?? 0,
    }));
    const aspect = commonAspect(shapes);
    const space = {
      count: this.#tiles.size,
      width: this.clientWidth,
      height: this.clientHeight,
      aspect,
      gap: GAP,
      barHeight,
    };
    const { columns, tileWidth, scrolls } = gridLayout(space);
    this.toggleAttribute('scrolls', scrolls);
    this.style.setProperty('--columns', String(columns));
    this.style.setProperty('--tile', `${tileWidth}px`);
    this.style.setProperty('--aspect', String(aspect));
  }
}

customElements.define('camera-grid', CameraGrid);
