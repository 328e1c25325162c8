import type { FromWorker, ToWorkerOf } from '../../messages/camera-worker.js';
import type { Camera } from '../camera/camera.js';
import type { Subscription } from '../camera/subscription.js';
import { refusal } from '../failure.js';
import { checkDescriptors, FDS_PER_SESSION } from './descriptor-limit.js';
import { RtpSender } from './rtp-sender.js';

interface Forward {
  /** Answered by `forward-ended` when it fails; not after `stop-forward`. */
  request: number;
  subscription: Subscription | null;
  sender: RtpSender | null;
}

/**
 * The processes of this server that the camera's stream is sent to: see RtpSender. Each keeps the camera open, like a
 * viewer.
 */
export class Forwards {
  readonly #forwards = new Map<string, Forward>();
  readonly #camera: () => Camera;
  readonly #send: (message: FromWorker) => void;

  constructor(camera: () => Camera, send: (message: FromWorker) => void) {
    this.#camera = camera;
    this.#send = send;
  }

  /** Sends to a port until `end`, or until it fails, which is reported. */
  async begin({ request, forward: id, port }: ToWorkerOf<'forward'>): Promise<void> {
    const forward: Forward = { request, subscription: null, sender: null };
    this.#forwards.set(id, forward);
    const isWanted = (): boolean => this.#forwards.get(id) === forward;
    try {
      forward.subscription = await this.#camera().subscribe(subscriberOf(id), 'H264', failure => {
        if (isWanted()) this.#fail(id, failure);
      });
      if (!isWanted()) return;
      await forward.subscription.ready;
      if (!isWanted()) return;
      checkDescriptors("The camera's process", FDS_PER_SESSION.stream);
      forward.sender = new RtpSender(port, forward.subscription.baseTime);
      forward.subscription.attach(forward.sender.proxySinks);
    } catch (error) {
      if (isWanted()) this.#fail(id, error);
    }
  }

  end(id: string): void {
    const forward = this.#forwards.get(id);
    if (!forward) return;
    this.#forwards.delete(id);
    forward.sender?.close();
    if (forward.sender) forward.subscription?.detach(forward.sender.proxySinks);
    this.#camera().unsubscribe(subscriberOf(id));
  }

  close(): void {
    for (const id of [...this.#forwards.keys()]) this.end(id);
  }

  #fail(id: string, error: unknown): void {
    const request = this.#forwards.get(id)?.request;
    this.end(id);
    if (request !== undefined) this.#send({ type: 'forward-ended', request, detail: refusal(error).message });
  }
}

const subscriberOf = (forward: string): string => `forward-${forward}`;
