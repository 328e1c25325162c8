import type { ConnectionEvents } from '../../gst/connection.js';
import type { Housekeeping } from '../../gst/housekeeping.js';
import { type Element, Gst } from '../../gst/native.js';
import type { FromBundles, ToBundles, ToBundlesOf } from '../../messages/bundles.js';
import type { SessionTimes } from '../../messages/camera-worker.js';
import { asMonotonic } from '../../process/monotonic.js';
import { refusal } from '../failure.js';
import { Inlets } from '../sources/inlets.js';
import { BundlePublication } from './bundle-publication.js';
import { BundleViewer } from './bundle-viewer.js';
import { checkDescriptors, TAKES } from './descriptor-room.js';

interface Watching {
  kind: 'watching';
  viewer: BundleViewer;
  /** In the order of the sections; null for one that was dropped. */
  sections: (Sent | null)[];
  isConnected: boolean;
}

interface Sent {
  camera: string;
  /** As a viewer's: see Channel. */
  sinks: readonly Element[];
}

type Bundle = Watching | { kind: 'sending'; publication: BundlePublication };

/** Several times in what a thread may be held up before it counts as stuck; see Fan. */
const LOOK_MS = 1_000;

/** The connections of this process: those in which cameras of several processes meet, or go apart (docs/adr/0009). */
export class Bundles {
  readonly #send: (message: FromBundles) => void;
  readonly #housekeeping: Housekeeping;
  readonly #baseTime = Gst.SystemClock.obtain().getTime();
  readonly #bundles = new Map<string, Bundle>();
  /** Those that are being negotiated, and may not have taken all that they need. */
  readonly #unanswered = new Set<string>();
  readonly #inlets: Inlets;
  readonly #timer: NodeJS.Timeout;

  constructor(send: (message: FromBundles) => void, housekeeping: Housekeeping) {
    this.#send = send;
    this.#housekeeping = housekeeping;
    this.#inlets = new Inlets(this.#baseTime, {
      opened: (camera, port) => send({ type: 'inlet', camera, port }),
      closed: (camera, port) => send({ type: 'inlet-closed', camera, port }),
      keyframeWanted: camera => send({ type: 'keyframe-wanted', camera }),
    });
    this.#timer = setInterval(() => this.#inlets.look(), LOOK_MS);
  }

  handle(message: Exclude<ToBundles, { type: 'ping' | 'close' }>): void {
    if (message.type === 'look') {
      this.#look(message.request);
      return;
    }
    if (message.type === 'offer' || message.type === 'receive') {
      void this.#negotiate(message);
      return;
    }
    const { bundle } = message;
    const found = this.#bundles.get(bundle);
    const sending = found?.kind === 'sending' ? found.publication : null;
    switch (message.type) {
      case 'accept':
        this.#housekeeping.disturb();
        if (found?.kind === 'watching') this.#accept(bundle, found.viewer, message.answer);
        return;
      case 'candidates':
        for (const value of message.values) this.#webrtcOf(found)?.addCandidate(value);
        return;
      case 'outlet':
        if (sending) this.#sendOn(sending, message);
        return;
      case 'no-outlet':
        sending?.stopSending(message.camera);
        this.#housekeeping.collect();
        return;
      case 'keyframe':
        sending?.requestKeyframe(message.camera);
        return;
      case 'drop':
        this.#drop(bundle, message.camera);
        return;
      case 'leave':
        this.#end(bundle);
    }
  }

  #look(request: number): void {
    const sessions: Record<string, SessionTimes> = {};
    for (const [bundle, found] of this.#bundles) {
      const { movedAt, heardAt } = (found.kind === 'watching' ? found.viewer : found.publication).traffic();
      sessions[bundle] = { movedAt: asMonotonic(movedAt), heardAt: asMonotonic(heardAt) };
    }
    this.#send({ type: 'looked', request, sessions });
  }

  close(): void {
    clearInterval(this.#timer);
    for (const bundle of [...this.#bundles.keys()]) this.#end(bundle);
    this.#inlets.close();
  }

  async #negotiate(message: ToBundlesOf<'offer' | 'receive'>): Promise<void> {
    const { bundle, request } = message;
    this.#housekeeping.disturb();
    this.#unanswered.add(bundle);
    try {
      await (message.type === 'offer' ? this.#offer(message) : this.#receive(message));
    } catch (error) {
      this.#end(bundle);
      const { code, message: detail, remedy } = refusal(error);
      this.#send({ type: 'refused', request, code, detail, remedy });
    } finally {
      this.#unanswered.delete(bundle);
    }
  }

  #accept(bundle: string, viewer: BundleViewer, answer: string): void {
    try {
      viewer.accept(answer);
    } catch (error) {
      this.#end(bundle);
      const detail = refusal(error).message;
      this.#send({
        type: 'log',
        level: 'error',
        event: 'answer for a connection not taken',
        fields: { bundle, detail },
      });
      this.#send({ type: 'ended', bundle, reason: 'sending-failed', detail });
    }
  }

  async #offer({ request, bundle, cameras, ice }: ToBundlesOf<'offer'>): Promise<void> {
    this.#checkRoom(cameras);
    const sections: (Sent | null)[] = cameras.map(() => null);
    const here = (): string[] => watching.sections.flatMap(section => section?.camera ?? []);
    const viewer = new BundleViewer(
      {
        cameras: cameras.length,
        baseTime: this.#baseTime,
        ice,
        idleMs: () => Math.min(...here().map(camera => this.#inlets.silence(camera))),
        // Which of the cameras he means is in the report, and not in the figures.
        keyframes: {
          areHeard: () => false,
          asked: () => {
            for (const camera of here()) this.#send({ type: 'keyframe-wanted', camera });
          },
        },
      },
      this.#events(bundle, () => {
        viewer.peer.settleLatency();
        watching.isConnected = true;
        for (const section of watching.sections) if (section) this.#inlets.attach(section.camera, section.sinks);
      }),
    );
    const watching: Watching = { kind: 'watching', viewer, sections, isConnected: false };
    this.#bundles.set(bundle, watching);
    // One by one: if one cannot be had, whoever ends the connection lets go of those that were.
    cameras.forEach((camera, index) => {
      this.#inlets.hold(camera);
      sections[index] = { camera, sinks: viewer.peer.proxySinks.slice(index, index + 1) };
    });
    const offer = await viewer.offer();
    if (this.#bundles.get(bundle) === watching) this.#send({ type: 'offered', request, offer });
  }

  async #receive({ request, bundle, cameras, offer, ice }: ToBundlesOf<'receive'>): Promise<void> {
    this.#checkRoom(cameras);
    const publication = new BundlePublication(
      { cameras, baseTime: this.#baseTime, ice },
      this.#events(bundle, () => undefined),
    );
    this.#bundles.set(bundle, { kind: 'sending', publication });
    const answer = await publication.answer(offer);
    if (this.#webrtcOf(this.#bundles.get(bundle)) !== publication.webrtc) return;
    this.#send({ type: 'answered', request, answer });
    publication.watch();
  }

  /** What cannot be sent on is missing to the camera, which asks again; the connection goes on. */
  #sendOn(publication: BundlePublication, { bundle, camera, port }: ToBundlesOf<'outlet'>): void {
    try {
      checkDescriptors(WHOSE, TAKES.stream);
      publication.sendTo(camera, port);
    } catch (error) {
      const fields = { bundle, camera, detail: refusal(error).message };
      this.#send({ type: 'log', level: 'error', event: 'camera of a connection not sent on', fields });
    }
  }

  /** @throws CameraFailure */
  #checkRoom(cameras: readonly string[]): void {
    // Itself is among them.
    const negotiated = this.#unanswered.size * TAKES.session;
    checkDescriptors(WHOSE, negotiated + TAKES.session + cameras.length * TAKES.stream);
  }

  #events(bundle: string, connected: () => void): ConnectionEvents {
    return {
      connected: () => {
        connected();
        this.#send({ type: 'connected', bundle });
      },
      sending: () => this.#send({ type: 'sending', bundle }),
      ended: (reason, detail) => {
        this.#end(bundle);
        this.#send({ type: 'ended', bundle, reason, detail });
      },
      stats: stats => this.#send({ type: 'stats', bundle, stats }),
    };
  }

  #webrtcOf(bundle: Bundle | undefined) {
    return bundle?.kind === 'watching' ? bundle.viewer.peer.webrtc : bundle?.publication.webrtc;
  }

  #drop(bundle: string, camera: string): void {
    const found = this.#bundles.get(bundle);
    if (found?.kind === 'sending') found.publication.stopSending(camera);
    if (found?.kind !== 'watching') return;
    const index = found.sections.findIndex(section => section?.camera === camera);
    if (index < 0) return;
    this.#letGo(found, index);
    this.#housekeeping.collect();
  }

  #letGo({ sections, isConnected }: Watching, index: number): void {
    const section = sections[index];
    if (!section) return;
    sections[index] = null;
    if (isConnected) this.#inlets.detach(section.camera, section.sinks);
    this.#inlets.letGo(section.camera);
  }

  #end(bundle: string): void {
    const found = this.#bundles.get(bundle);
    if (!found) return;
    this.#bundles.delete(bundle);
    if (found.kind === 'sending') found.publication.close();
    else {
      // The peer's pipeline first: it frees whatever still pushes into it; then its places at the cameras.
      found.viewer.close();
      found.sections.forEach((_, index) => {
        this.#letGo(found, index);
      });
    }
    this.#housekeeping.collect();
  }
}

const WHOSE = 'The process for connections of several cameras';
