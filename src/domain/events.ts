import type { CameraStatus } from './camera-plan.js';
import type { Session } from './contract.js';
import type { Log } from './log.js';

/** What happens on this server, for whoever in this process wants to know. */
export interface Events {
  /** It is in the list from now on, at its end. */
  cameraAdded: { camera: string };
  /** It is in the list no more. */
  cameraRemoved: { camera: string };
  /** The list has another order. */
  camerasOrdered: { cameras: readonly string[] };
  /** On every change, and once a second while the camera is open. */
  cameraChanged: { camera: string; status: CameraStatus };
  /** It was answered, so many ms after it was asked for. */
  sessionOpened: { session: Session; afterMs: number };
  /** Its ICE and DTLS are up. */
  sessionConnected: { session: Session };
  /** A viewer was sent its first packet, so many ms after it asked. */
  sessionSending: { session: Session; afterMs: number };
  /** Also of one that was never answered, if whoever asked did not wait. */
  sessionEnded: { session: Session };
  /** A camera has another number of viewers than before. */
  viewersChanged: { camera: string; viewers: number };
}

type Listener<E> = (event: E) => void;

/** Tells listeners of events, at once and in their order. A listener that throws disturbs nobody else. */
export class EventBus {
  readonly #log: Log;
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** @returns what takes the listener away again */
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
        this.#log.error({ err, name }, 'a listener failed');
      }
    }
  }
}
