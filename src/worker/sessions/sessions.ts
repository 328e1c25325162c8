import type { ConnectionEvents } from '../../gst/connection.js';
import type { Housekeeping } from '../../gst/housekeeping.js';
import type { FromWorker, SessionTimes, ToWorker, ToWorkerOf } from '../../messages/camera-worker.js';
import { LoopLag } from '../../process/loop-lag.js';
import { asMonotonic } from '../../process/monotonic.js';
import { Camera } from '../camera/camera.js';
import type { Subscription } from '../camera/subscription.js';
import { CameraFailure, refusal } from '../failure.js';
import { checkDescriptors, FDS_PER_SESSION } from './descriptor-limit.js';
import { Forwards } from './forwards.js';
import { KeyframeRequestLimit } from './keyframe-request-limit.js';
import { Viewer } from './viewer.js';

interface Entry {
  /** Of the request that created it: in all its log lines. */
  requestId: string;
  viewer: Viewer | null;
  subscription: Subscription | null;
  /** Answered: from now on its end is reported as `ended`, not as `refused`. */
  joined: boolean;
  attached: boolean;
  ended: boolean;
  failure: CameraFailure | null;
  /** Candidates that arrived before the answer. */
  earlyCandidates: string[];
}

/** The sessions of this process's camera, viewers' and publisher's, from their offer to their end. */
export class WorkerSessions {
  readonly #send: (message: FromWorker) => void;
  readonly #housekeeping: Housekeeping;
  readonly #entries = new Map<string, Entry>();
  readonly #loopLag = new LoopLag();
  #keyframes = new KeyframeRequestLimit();
  readonly #forwards: Forwards;
  #camera: Camera | null = null;

  constructor(send: (message: FromWorker) => void, housekeeping: Housekeeping) {
    this.#send = send;
    this.#housekeeping = housekeeping;
    this.#forwards = new Forwards(() => this.#configured(), send);
  }

  handle(message: Exclude<ToWorker, { type: 'ping' | 'close' }>): void {
    switch (message.type) {
      case 'configure':
        this.#housekeeping.disturb();
        if (this.#camera) this.#camera.change(message);
        else {
          this.#camera = new Camera(message, this.#send, () => this.#housekeeping.collect());
          void this.#camera.prepare();
        }
        return;
      case 'keyframe':
        this.#camera?.requestKeyframe();
        return;
      case 'snapshot':
        void this.#snapshot(message.request);
        return;
      case 'forward':
        this.#housekeeping.disturb();
        void this.#forwards.begin(message);
        return;
      case 'stop-forward':
        this.#forwards.end(message.forward);
        this.#housekeeping.collect();
        return;
      case 'freshness':
        this.#reportFreshness(message);
        return;
      case 'measure':
        void this.#measure(message.request);
        return;
      case 'join':
        void this.#begin(message, entry => this.#join(message, entry));
        return;
      case 'publish':
        void this.#begin(message, () => this.#publish(message));
        return;
      case 'candidates':
        for (const candidate of message.values) this.#addCandidate(message.session, candidate);
        return;
      case 'leave':
        this.#end(message.session);
    }
  }

  close(): void {
    for (const session of [...this.#entries.keys()]) this.#end(session);
    if (this.#camera) this.#forwards.close();
    this.#camera?.close();
  }

  async #begin(
    { request, session, requestId, type }: ToWorkerOf<'join' | 'publish'>,
    negotiate: (entry: Entry) => Promise<string>,
  ): Promise<void> {
    const began = performance.now();
    const entry: Entry = {
      requestId,
      viewer: null,
      subscription: null,
      joined: false,
      attached: false,
      ended: false,
      failure: null,
      earlyCandidates: [],
    };
    this.#entries.set(session, entry);
    this.#housekeeping.disturb();
    try {
      const unanswered = [...this.#entries.values()].filter(({ joined }) => !joined).length;
      checkDescriptors("The camera's process", FDS_PER_SESSION.camera + unanswered * FDS_PER_SESSION.session);
      const answer = await negotiate(entry);
      // A session that left while the camera was opening is closed, and gets no reply.
      if (entry.ended) return;
      if (entry.failure) throw entry.failure;
      entry.joined = true;
      this.#send({ type: 'joined', request, answer });
      this.#log('debug', 'offer answered', session, entry, { type, ms: Math.round(performance.now() - began) });
      for (const candidate of entry.earlyCandidates.splice(0)) this.#addCandidate(session, candidate);
      entry.viewer?.watch();
      this.#camera?.publication(session)?.watch();
    } catch (caught) {
      // The camera's failure is the cause of a failed negotiation.
      const error = entry.failure ?? caught;
      const { ended } = entry;
      this.#end(session);
      if (ended) return;
      this.#refuse(request, error);
      const fields = { type, detail: refusal(error).message };
      if (error instanceof CameraFailure) this.#log('debug', 'offer refused', session, entry, fields);
      else this.#log('error', 'worker failed to answer offer', session, entry, fields);
    }
  }

  #log(level: 'debug' | 'error', event: string, session: string, entry: Entry, fields: object = {}): void {
    this.#send({ type: 'log', level, event, fields: { session, request: entry.requestId, ...fields } });
  }

  #refuse(request: number, error: unknown): void {
    const { code, remedy, message } = refusal(error);
    this.#send({ type: 'refused', request, code, detail: message, remedy });
  }

  // The camera opens while the viewer's pipeline is built and the offer is answered; its first frame is awaited last.
  async #join({ session, offer, video, audio, ice }: ToWorkerOf<'join'>, entry: Entry): Promise<string> {
    const { codec } = video;
    const subscription = await this.#configured().subscribe(session, codec, failure =>
      this.#cameraFailed(session, failure),
    );
    if (entry.ended) return '';
    const viewer = new Viewer(
      {
        video,
        audio,
        ice,
        baseTime: subscription.baseTime,
        idleMs: subscription.idleMs,
        keyframes: {
          areForwarded: subscription.forwardsKeyframeRequests,
          requested: () => this.#camera?.keyframesRequested(),
        },
      },
      {
        ...this.#events(session),
        connected: () => {
          viewer.peer.settleLatency();
          subscription.attach(viewer.peer.proxySinks);
          entry.attached = true;
          this.#send({ type: 'connected', session });
        },
      },
    );
    entry.subscription = subscription;
    entry.viewer = viewer;
    const [answer] = await Promise.all([viewer.answer(offer), subscription.ready]);
    return answer;
  }

  #publish({ session, offer, video, audio, ice }: ToWorkerOf<'publish'>): Promise<string> {
    return this.#configured().publish(session, { offer, video, audio, ice }, this.#events(session));
  }

  async #snapshot(request: number): Promise<void> {
    this.#housekeeping.disturb();
    try {
      this.#send({ type: 'snapshot', request, ...(await this.#configured().snapshot()) });
    } catch (error) {
      this.#refuse(request, error);
    } finally {
      this.#housekeeping.collect();
    }
  }

  #reportFreshness({ request, everyMs }: ToWorkerOf<'freshness'>): void {
    this.#camera?.watch(everyMs);
    const sessions: Record<string, SessionTimes> = {};
    for (const [session, { viewer, joined }] of this.#entries) {
      const traffic = joined ? (viewer ?? this.#camera?.publication(session))?.traffic() : undefined;
      if (traffic) sessions[session] = { movedAt: asMonotonic(traffic.movedAt), heardAt: asMonotonic(traffic.heardAt) };
    }
    this.#send({ type: 'freshness', request, newestAt: this.#camera?.newestAt() ?? null, sessions });
  }

  async #measure(request: number): Promise<void> {
    try {
      const stream = (await this.#camera?.measure()) ?? null;
      this.#send({ type: 'measured', request, loopLagMs: this.#loopLag.take(), stream });
    } catch (error) {
      // The measured pipeline was closed.
      this.#refuse(request, error);
    } finally {
      this.#housekeeping.sweep();
    }
  }

  #events(session: string): ConnectionEvents {
    return {
      sending: () => this.#send({ type: 'sending', session }),
      connected: () => this.#send({ type: 'connected', session }),
      ended: (reason, detail) => {
        const entry = this.#entries.get(session);
        // A session that still waits for its answer is refused by #begin.
        if (entry && !entry.joined) {
          entry.failure = new CameraFailure(detail ?? reason, 'Try again.');
          return;
        }
        this.#end(session);
        if (entry) this.#send({ type: 'ended', session, reason, detail });
      },
      stats: stats => {
        this.#send({ type: 'stats', session, stats });
        const spacing = this.#keyframes.note(session, stats.keyframeRequests, performance.now());
        if (spacing !== null) this.#camera?.limitKeyframes(spacing);
      },
    };
  }

  #configured(): Camera {
    if (!this.#camera) throw new Error('the worker is not configured');
    return this.#camera;
  }

  #addCandidate(session: string, candidate: string): void {
    const entry = this.#entries.get(session);
    if (!entry) return;
    if (!entry.joined) entry.earlyCandidates.push(candidate);
    else (entry.viewer?.peer.webrtc ?? this.#camera?.publication(session)?.webrtc)?.addCandidate(candidate);
  }

  #cameraFailed(session: string, failure: CameraFailure): void {
    const entry = this.#entries.get(session);
    if (!entry) return;
    // A session that still waits for its answer is refused by #begin.
    entry.failure = failure;
    if (!entry.joined) return;
    this.#end(session);
    const reason = failure.code === 'no-publisher' ? 'publisher-left' : 'camera-failed';
    this.#send({ type: 'ended', session, reason, detail: failure.message });
  }

  #end(session: string): void {
    const entry = this.#entries.get(session);
    if (!entry) return;
    this.#entries.delete(session);
    this.#keyframes.forget(session);
    // The encoder that opens for the next session starts without spacing.
    if (this.#entries.size === 0) this.#keyframes = new KeyframeRequestLimit();
    entry.ended = true;
    this.#log('debug', 'session closed', session, entry);
    // The viewer's pipeline first, which unblocks the thread that pushes into it; then its pad of the camera's tee.
    entry.viewer?.close();
    if (entry.viewer && entry.attached) entry.subscription?.detach(entry.viewer.peer.proxySinks);
    this.#camera?.unsubscribe(session);
    this.#camera?.unpublish(session);
    this.#housekeeping.collect();
  }
}
