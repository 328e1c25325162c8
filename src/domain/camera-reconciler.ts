import { isDeepStrictEqual } from 'node:util';
import type { CameraPlan, CameraRunner } from './camera-plan.js';
import type { Cameras } from './cameras.js';
import type { Log } from './log.js';
import type { Sessions } from './sessions.js';

export interface CameraReconcilerOptions {
  cameras: Cameras;
  sessions: Pick<Sessions, 'endAll'>;
  engine: CameraRunner;
  log: Log;
}

/** The ids of the cameras that differ from before. */
export interface CameraChanges {
  added: readonly string[];
  changed: readonly string[];
  removed: readonly string[];
}

/**
 * Makes the running cameras match the configuration, followed by ephemeral cameras, which appear and disappear on their
 * own. It works camera by camera, so that an unchanged one is not disturbed.
 */
export class CameraReconciler {
  readonly #options: CameraReconcilerOptions;
  #configured: readonly CameraPlan[] = [];
  #ephemeral: readonly CameraPlan[] = [];

  constructor(options: CameraReconcilerOptions) {
    this.#options = options;
  }

  apply(plans: readonly CameraPlan[]): CameraChanges {
    this.#configured = plans;
    return this.#update();
  }

  /** Cameras that are in no configuration; one with the id of a configured camera is left out. */
  setEphemeral(plans: readonly CameraPlan[]): void {
    this.#ephemeral = plans;
    this.#update();
  }

  #update(): CameraChanges {
    const { cameras } = this.#options;
    const configured = new Set(this.#configured.map(({ id }) => id));
    const plans = [...this.#configured, ...this.#ephemeral.filter(({ id }) => !configured.has(id))];
    const before = new Map(cameras.plans().map(plan => [plan.id, plan]));
    const wanted = new Map(plans.map(plan => [plan.id, plan]));
    const removed = [...before.keys()].filter(id => !wanted.has(id));
    const added = plans.filter(({ id }) => !before.has(id));
    const changed = plans.filter(plan => before.has(plan.id) && !isDeepStrictEqual(before.get(plan.id), plan));
    for (const id of removed) this.#remove(id);
    for (const plan of added) cameras.add(plan);
    for (const plan of changed) cameras.change(plan);
    cameras.order([...wanted.keys()]);
    // Only when the list is complete: a listener that learns of a camera can request it.
    for (const plan of added) this.#options.engine.add(plan);
    for (const plan of changed) {
      const { source, settings } = before.get(plan.id) ?? {};
      // The name is for people: the engine does not know it.
      if (!isDeepStrictEqual([source, settings], [plan.source, plan.settings])) this.#options.engine.change(plan);
    }
    return { added: added.map(({ id }) => id), changed: changed.map(({ id }) => id), removed };
  }

  #remove(id: string): void {
    const { cameras, sessions, engine, log } = this.#options;
    // No session starts on a camera that is not in the list.
    cameras.remove(id);
    sessions.endAll(id, 'camera-removed', null);
    engine.remove(id).catch(err => log.error({ err, camera: id }, 'camera removal failed'));
  }
}
