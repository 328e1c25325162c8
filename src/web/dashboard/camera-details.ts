/** `<camera-details>`: every figure of one camera, beside the enlarged video. */

import type { PlayerFigures } from '../player/player-stats.js';
import type { Camera } from '../shared/api.js';
import { element, setText } from '../shared/dom.js';
import { cameraGroup, type FigureGroup, playerGroups } from './figure-words.js';

export class CameraDetails extends HTMLElement {
  #camera: Camera | undefined;
  #figures: PlayerFigures | undefined;
  #active = false;
  #outdated = false;
  #newestFrameAt: number | undefined;
  /** The labels on the screen; while they stay the same, only values are written. */
  #shape = '';
  #values: HTMLElement[] = [];

  set camera(camera: Camera) {
    this.#camera = camera;
    this.#render();
  }

  set figures(figures: PlayerFigures | undefined) {
    this.#figures = figures;
    this.#render();
  }

  /** `performance.now()` of the camera's newest frame, by the server; its age keeps growing without events. */
  set newestFrameAt(newestFrameAt: number | undefined) {
    this.#newestFrameAt = newestFrameAt;
    this.#render();
  }

  set outdated(outdated: boolean) {
    if (outdated === this.#outdated) return;
    this.#outdated = outdated;
    this.#render();
  }

  /** Nothing is written while nobody sees it. */
  set active(active: boolean) {
    this.#active = active;
    this.#render();
  }

  #render(): void {
    if (!this.#active || this.#camera === undefined) return;
    const ageMs = this.#newestFrameAt === undefined ? undefined : performance.now() - this.#newestFrameAt;
    const groups = [...playerGroups(this.#figures), cameraGroup(this.#camera, this.#outdated, ageMs)];
    const shape = JSON.stringify(groups.map(group => [group.title, group.rows.map(([label]) => label)]));
    if (shape !== this.#shape) this.#build(groups);
    this.#shape = shape;
    for (const [index, [, value]] of groups.flatMap(group => group.rows).entries()) {
      const node = this.#values[index];
      if (node !== undefined) setText(node, value);
    }
  }

  #build(groups: readonly FigureGroup[]): void {
    this.#values = [];
    const sections = groups.map(group => {
      const list = element('dl');
      for (const [label] of group.rows) {
        const value = element('dd', { 'data-figure': label });
        this.#values.push(value);
        list.append(element('div', {}, element('dt', {}, label), value));
      }
      return element('section', {}, element('h3', {}, group.title), list);
    });
    this.replaceChildren(...sections);
    this.setAttribute('role', 'complementary');
    this.setAttribute('aria-label', 'Figures');
    // A panel that scrolls must be reachable by keyboard.
    this.tabIndex = 0;
  }
}

customElements.define('camera-details', CameraDetails);
