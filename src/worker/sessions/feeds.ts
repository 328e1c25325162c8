import type { FromWorker, ToWorkerOf } from '../../messages/camera-worker.js';
import type { Camera } from '../camera/camera.js';
import type { Place } from '../camera/place.js';
import { refusal } from '../failure.js';
import { checkDescriptors, TAKES } from './descriptor-room.js';
import { Outlet } from './outlet.js';

interface Feed {
  /** Answered when it is over, unless it was ended by whoever asked for it. */
  request: number;
  place: Place | null;
  outlet: Outlet | null;
}

/** Those whom the camera's stream is sent to within this machine: see Outlet. Each keeps the camera open, as a viewer does. */
export class Feeds {
  readonly #feeds = new Map<string, Feed>();
  readonly #camera: () => Camera;
  readonly #send: (message: FromWorker) => void;

  constructor(camera: () => Camera, send: (message: FromWorker) => void) {
    this.#camera = camera;
    this.#send = send;
  }

  /** Sends to a port, until it is told to end or cannot go on: then it says so. */
  async begin({ request, feed: id, port }: ToWorkerOf<'feed'>): Promise<void> {
    const feed: Feed = { request, place: null, outlet: null };
    this.#feeds.set(id, feed);
    const isWanted = (): boolean => this.#feeds.get(id) === feed;
    try {
      feed.place = await this.#camera().use(userOf(id), 'H264', failure => {
        if (isWanted()) this.#fail(id, failure);
      });
      if (!isWanted()) return;
      await feed.place.ready;
      if (!isWanted()) return;
      checkDescriptors("The camera's process", TAKES.stream);
      feed.outlet = new Outlet(port, feed.place.baseTime);
      feed.place.attach(feed.outlet.proxySinks);
    } catch (error) {
      if (isWanted()) this.#fail(id, error);
    }
  }

  end(id: string): void {
    const feed = this.#feeds.get(id);
    if (!feed) return;
    this.#feeds.delete(id);
    feed.outlet?.close();
    if (feed.outlet) feed.place?.detach(feed.outlet.proxySinks);
    this.#camera().release(userOf(id));
  }

  close(): void {
    for (const id of [...this.#feeds.keys()]) this.end(id);
  }

  #fail(id: string, error: unknown): void {
    const request = this.#feeds.get(id)?.request;
    this.end(id);
    if (request !== undefined) this.#send({ type: 'unfed', request, detail: refusal(error).message });
  }
}

const userOf = (feed: string): string => `feed-${feed}`;
