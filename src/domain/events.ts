import type { CameraStatus } from './camera-plan.js';
import type { Session } from './contract.js';
import type { Log } from './log.js';

/** The events of this server, for listeners in this process. */
export interface Events {
  /** It has been appended to the list. */
  cameraAdded: { camera: string };
  /** It is no longer in the list. */
  cameraRemoved: { camera: string };
  /** The order of the list has changed. */
  camerasOrdered: { cameras: readonly string[] };
  /** On every change, and once a second while the camera is open. */
  cameraChanged: { camera: string; status: CameraStatus };
  /** It was answered, `afterMs` after the request. */
  sessionOpened: { session: Session; afterMs: number };
  /** Its ICE and DTLS are up. */
  sessionConnected: { session: Session };
  /** A viewer was sent its first packet, `afterMs` after the request. */
  sessionSending: { session: Session; afterMs: number };
  /** Also for a session that was never answered because the client did not wait. */
  sessionEnded: { session: Session };
  /** A camera's number of viewers has changed. */
  viewersChanged: { camera: string; viewers: number };
}

type Listener<E> = (event: E) => void;

/** Calls the listeners of an event, synchronously and in order. A listener that throws does not affect the others. */
export class EventBus {
  readonly #log: Log;
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** @returns a function that removes the listener */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as Listener<Events[Name]>)(event);
      } catch (err) {
        this.#log.error({ err, name }, 'event listener failed');
      }
    }
  }
}
