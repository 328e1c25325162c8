import type { ConnectionEvents } from '../../gst/connection.js';
import type { Housekeeping } from '../../gst/housekeeping.js';
import { type Element, Gst } from '../../gst/native.js';
import type { SessionTimes } from '../../messages/camera-worker.js';
import type { FromMultiCamera, ToMultiCamera, ToMultiCameraOf } from '../../messages/multi-camera.js';
import { asMonotonic } from '../../process/monotonic.js';
import { refusal } from '../failure.js';
import { RtpReceivers } from '../sources/rtp-receivers.js';
import { checkDescriptors, FDS_PER_SESSION } from './descriptor-limit.js';
import { MultiCameraPublication } from './multi-camera-publication.js';
import { MultiCameraViewer } from './multi-camera-viewer.js';

interface Watching {
  kind: 'watching';
  viewer: MultiCameraViewer;
  /** In the order of the sections; null for one that was dropped. */
  sections: (Sent | null)[];
  isConnected: boolean;
}

interface Sent {
  camera: string;
  /** As a viewer's: see Channel. */
  sinks: readonly Element[];
}

type Connection = Watching | { kind: 'sending'; publication: MultiCameraPublication };

/** Several times in what a thread may be held up before it counts as stuck; see Fan. */
const POLL_INTERVAL_MS = 1_000;

/** The connections of this process: those in which cameras of several processes meet, or go apart (docs/adr/0009). */
export class MultiCameraConnections {
  readonly #send: (message: FromMultiCamera) => void;
  readonly #housekeeping: Housekeeping;
  readonly #baseTime = Gst.SystemClock.obtain().getTime();
  readonly #connections = new Map<string, Connection>();
  /** Those that are being negotiated, and may not have taken all that they need. */
  readonly #unanswered = new Set<string>();
  readonly #receivers: RtpReceivers;
  readonly #timer: NodeJS.Timeout;

  constructor(send: (message: FromMultiCamera) => void, housekeeping: Housekeeping) {
    this.#send = send;
    this.#housekeeping = housekeeping;
    this.#receivers = new RtpReceivers(this.#baseTime, {
      opened: (camera, port) => send({ type: 'receiver-opened', camera, port }),
      closed: (camera, port) => send({ type: 'receiver-closed', camera, port }),
      keyframeWanted: camera => send({ type: 'keyframe-wanted', camera }),
    });
    this.#timer = setInterval(() => this.#receivers.check(), POLL_INTERVAL_MS);
  }

  handle(message: Exclude<ToMultiCamera, { type: 'ping' | 'close' }>): void {
    if (message.type === 'freshness') {
      this.#look(message.request);
      return;
    }
    if (message.type === 'offer' || message.type === 'receive') {
      void this.#negotiate(message);
      return;
    }
    const { connection } = message;
    const found = this.#connections.get(connection);
    const sending = found?.kind === 'sending' ? found.publication : null;
    switch (message.type) {
      case 'accept':
        this.#housekeeping.disturb();
        if (found?.kind === 'watching') this.#accept(connection, found.viewer, message.answer);
        return;
      case 'candidates':
        for (const value of message.values) this.#webrtcOf(found)?.addCandidate(value);
        return;
      case 'forward':
        if (sending) this.#sendOn(sending, message);
        return;
      case 'stop-forward':
        sending?.stopSending(message.camera);
        this.#housekeeping.collect();
        return;
      case 'keyframe':
        sending?.requestKeyframe(message.camera);
        return;
      case 'drop':
        this.#drop(connection, message.camera);
        return;
      case 'leave':
        this.#end(connection);
    }
  }

  #look(request: number): void {
    const sessions: Record<string, SessionTimes> = {};
    for (const [connection, found] of this.#connections) {
      const { movedAt, heardAt } = (found.kind === 'watching' ? found.viewer : found.publication).traffic();
      sessions[connection] = { movedAt: asMonotonic(movedAt), heardAt: asMonotonic(heardAt) };
    }
    this.#send({ type: 'freshness', request, sessions });
  }

  close(): void {
    clearInterval(this.#timer);
    for (const connection of [...this.#connections.keys()]) this.#end(connection);
    this.#receivers.close();
  }

  async #negotiate(message: ToMultiCameraOf<'offer' | 'receive'>): Promise<void> {
    const { connection, request } = message;
    this.#housekeeping.disturb();
    this.#unanswered.add(connection);
    try {
      await (message.type === 'offer' ? this.#offer(message) : this.#receive(message));
    } catch (error) {
      this.#end(connection);
      const { code, message: detail, remedy } = refusal(error);
      this.#send({ type: 'refused', request, code, detail, remedy });
    } finally {
      this.#unanswered.delete(connection);
    }
  }

  #accept(connection: string, viewer: MultiCameraViewer, answer: string): void {
    try {
      viewer.accept(answer);
    } catch (error) {
      this.#end(connection);
      const detail = refusal(error).message;
      this.#send({
        type: 'log',
        level: 'error',
        event: 'answer for a connection not taken',
        fields: { connection, detail },
      });
      this.#send({ type: 'ended', connection, reason: 'sending-failed', detail });
    }
  }

  async #offer({ request, connection, cameras, ice }: ToMultiCameraOf<'offer'>): Promise<void> {
    this.#checkRoom(cameras);
    const sections: (Sent | null)[] = cameras.map(() => null);
    const here = (): string[] => watching.sections.flatMap(section => section?.camera ?? []);
    const viewer = new MultiCameraViewer(
      {
        cameras: cameras.length,
        baseTime: this.#baseTime,
        ice,
        idleMs: () => Math.min(...here().map(camera => this.#receivers.silence(camera))),
        // Which of the cameras he means is in the report, and not in the figures.
        keyframes: {
          areHeard: () => false,
          asked: () => {
            for (const camera of here()) this.#send({ type: 'keyframe-wanted', camera });
          },
        },
      },
      this.#events(connection, () => {
        viewer.peer.settleLatency();
        watching.isConnected = true;
        for (const section of watching.sections) if (section) this.#receivers.attach(section.camera, section.sinks);
      }),
    );
    const watching: Watching = { kind: 'watching', viewer, sections, isConnected: false };
    this.#connections.set(connection, watching);
    // One by one: if one cannot be had, whoever ends the connection lets go of those that were.
    cameras.forEach((camera, index) => {
      this.#receivers.retain(camera);
      sections[index] = { camera, sinks: viewer.peer.proxySinks.slice(index, index + 1) };
    });
    const offer = await viewer.offer();
    if (this.#connections.get(connection) === watching) this.#send({ type: 'offered', request, offer });
  }

  async #receive({ request, connection, cameras, offer, ice }: ToMultiCameraOf<'receive'>): Promise<void> {
    this.#checkRoom(cameras);
    const publication = new MultiCameraPublication(
      { cameras, baseTime: this.#baseTime, ice },
      this.#events(connection, () => undefined),
    );
    this.#connections.set(connection, { kind: 'sending', publication });
    const answer = await publication.answer(offer);
    if (this.#webrtcOf(this.#connections.get(connection)) !== publication.webrtc) return;
    this.#send({ type: 'answered', request, answer });
    publication.watch();
  }

  /** What cannot be sent on is missing to the camera, which asks again; the connection goes on. */
  #sendOn(publication: MultiCameraPublication, { connection, camera, port }: ToMultiCameraOf<'forward'>): void {
    try {
      checkDescriptors(WHOSE, FDS_PER_SESSION.stream);
      publication.sendTo(camera, port);
    } catch (error) {
      const fields = { connection, camera, detail: refusal(error).message };
      this.#send({ type: 'log', level: 'error', event: 'camera of a connection not sent on', fields });
    }
  }

  /** @throws CameraFailure */
  #checkRoom(cameras: readonly string[]): void {
    // Itself is among them.
    const negotiated = this.#unanswered.size * FDS_PER_SESSION.session;
    checkDescriptors(WHOSE, negotiated + FDS_PER_SESSION.session + cameras.length * FDS_PER_SESSION.stream);
  }

  #events(connection: string, connected: () => void): ConnectionEvents {
    return {
      connected: () => {
        connected();
        this.#send({ type: 'connected', connection });
      },
      sending: () => this.#send({ type: 'sending', connection }),
      ended: (reason, detail) => {
        this.#end(connection);
        this.#send({ type: 'ended', connection, reason, detail });
      },
      stats: stats => this.#send({ type: 'stats', connection, stats }),
    };
  }

  #webrtcOf(connection: Connection | undefined) {
    return connection?.kind === 'watching' ? connection.viewer.peer.webrtc : connection?.publication.webrtc;
  }

  #drop(connection: string, camera: string): void {
    const found = this.#connections.get(connection);
    if (found?.kind === 'sending') found.publication.stopSending(camera);
    if (found?.kind !== 'watching') return;
    const index = found.sections.findIndex(section => section?.camera === camera);
    if (index < 0) return;
    this.#release(found, index);
    this.#housekeeping.collect();
  }

  #release({ sections, isConnected }: Watching, index: number): void {
    const section = sections[index];
    if (!section) return;
    sections[index] = null;
    if (isConnected) this.#receivers.detach(section.camera, section.sinks);
    this.#receivers.release(section.camera);
  }

  #end(connection: string): void {
    const found = this.#connections.get(connection);
    if (!found) return;
    this.#connections.delete(connection);
    if (found.kind === 'sending') found.publication.close();
    else {
      // The peer's pipeline first: it frees whatever still pushes into it; then its places at the cameras.
      found.viewer.close();
      found.sections.forEach((_, index) => {
        this.#release(found, index);
      });
    }
    this.#housekeeping.collect();
  }
}

const WHOSE = 'The process for connections of several cameras';
