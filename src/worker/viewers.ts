import type { Housekeeping } from '../gst/housekeeping.js';
import type { FromWorker, ToWorker, ToWorkerOf } from '../media/messages.js';
import { Camera } from './camera.js';
import { CameraFailure } from './failure.js';
import { KeyframeLimit } from './keyframe-limit.js';
import type { OpenCamera } from './open-camera.js';
import { Viewer } from './viewer.js';

interface Entry {
  viewer: Viewer | null;
  camera: OpenCamera | null;
  /** Answered: from now on its end is told as one, not as a refusal. */
  joined: boolean;
  attached: boolean;
  ended: boolean;
  failure: CameraFailure | null;
}

/** The viewers of this process's camera, each from `join` to its end, whoever ends it. */
export class Viewers {
  readonly #send: (message: FromWorker) => void;
  readonly #housekeeping: Housekeeping;
  readonly #entries = new Map<string, Entry>();
  #keyframes = new KeyframeLimit();
  #camera: Camera | null = null;

  constructor(send: (message: FromWorker) => void, housekeeping: Housekeeping) {
    this.#send = send;
    this.#housekeeping = housekeeping;
  }

  handle(message: Exclude<ToWorker, { type: 'ping' | 'close' }>): void {
    switch (message.type) {
      case 'configure':
        this.#camera = new Camera(message, this.#send);
        void this.#camera.prepare();
        return;
      case 'join':
        void this.#join(message);
        return;
      case 'leave':
        this.#end(message.session);
    }
  }

  close(): void {
    for (const session of [...this.#entries.keys()]) this.#end(session);
    this.#camera?.close();
  }

  async #join(message: ToWorkerOf<'join'>): Promise<void> {
    const { session } = message;
    const entry: Entry = { viewer: null, camera: null, joined: false, attached: false, ended: false, failure: null };
    this.#entries.set(session, entry);
    this.#housekeeping.disturb();
    try {
      const answer = await this.#negotiate(message, entry);
      // Whoever left while the camera was opening has been taken care of, and is told nothing.
      if (entry.ended) return;
      if (entry.failure) throw entry.failure;
      entry.joined = true;
      this.#send({ type: 'joined', session, answer });
      entry.viewer?.watch();
    } catch (error) {
      const told = !entry.ended;
      this.#end(session);
      if (!told) return;
      if (error instanceof CameraFailure)
        this.#send({
          type: 'refused',
          session,
          code: 'camera-unavailable',
          detail: error.message,
          remedy: error.remedy,
        });
      else
        this.#send({
          type: 'refused',
          session,
          code: 'internal',
          detail: error instanceof Error ? error.message : String(error),
          remedy: null,
        });
    }
  }

  // The camera opens while the viewer's pipeline is built and answered; what is known only from its first picture
  // (that there is one) is waited for last.
  async #negotiate(
    { session, offer, payloadType, retransmit, ice }: ToWorkerOf<'join'>,
    entry: Entry,
  ): Promise<string> {
    if (!this.#camera) throw new Error('the worker is not configured');
    const { camera, ready } = await this.#camera.use(session, failure => this.#cameraFailed(session, failure));
    if (entry.ended) return '';
    entry.camera = camera;
    const viewer = new Viewer(
      { payloadType, retransmit, baseTime: camera.baseTime, ice },
      {
        connected: () => {
          camera.attach(viewer.peer.proxySink);
          entry.attached = true;
          this.#send({ type: 'connected', session });
        },
        ended: (reason, detail) => {
          this.#end(session);
          this.#send({ type: 'ended', session, reason, detail });
        },
        stats: stats => {
          this.#send({ type: 'stats', session, stats });
          const spacing = this.#keyframes.note(session, stats.keyframeRequests, performance.now());
          if (spacing !== null) camera.limitKeyframes(spacing);
        },
      },
    );
    entry.viewer = viewer;
    const [answer] = await Promise.all([viewer.answer(offer), ready]);
    return answer;
  }

  #cameraFailed(session: string, failure: CameraFailure): void {
    const entry = this.#entries.get(session);
    if (!entry) return;
    // One that still waits for its answer is refused by #join.
    entry.failure = failure;
    if (!entry.joined) return;
    this.#end(session);
    this.#send({ type: 'ended', session, reason: 'camera-failed', detail: failure.message });
  }

  #end(session: string): void {
    const entry = this.#entries.get(session);
    if (!entry) return;
    this.#entries.delete(session);
    this.#keyframes.forget(session);
    // The encoder that opens for the next one knows of no ration.
    if (this.#entries.size === 0) this.#keyframes = new KeyframeLimit();
    entry.ended = true;
    // The viewer's pipeline first: it frees whatever still pushes into it; then its place at the camera's tee.
    entry.viewer?.close();
    if (entry.viewer && entry.attached) entry.camera?.detach(entry.viewer.peer.proxySink);
    this.#camera?.release(session);
    this.#housekeeping.collect();
  }
}
