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

interface ViewerConnection {
  kind: 'viewer';
  viewer: MultiCameraViewer;
  /** By the media sections of the offer; null for a camera that was dropped. */
  sections: (SentCamera | null)[];
  isConnected: boolean;
}

interface SentCamera {
  camera: string;
  /** Like a viewer's: see Channel. */
  sinks: readonly Element[];
}

type MultiCameraConnection = ViewerConnection | { kind: 'publisher'; publication: MultiCameraPublication };

/** Several polls within the time after which a thread counts as stuck; see Fanout. */
const POLL_INTERVAL_MS = 1_000;

/** The multi-camera connections of this process, which have cameras of several camera processes (docs/adr/0009). */
export class MultiCameraConnections {
  readonly #send: (message: FromMultiCamera) => void;
  readonly #housekeeping: Housekeeping;
  readonly #baseTime = Gst.SystemClock.obtain().getTime();
  readonly #connections = new Map<string, MultiCameraConnection>();
  /** Connections in negotiation, which may not have taken all their descriptors. */
  readonly #negotiating = new Set<string>();
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
      this.#reportFreshness(message.request);
      return;
    }
    if (message.type === 'offer' || message.type === 'receive') {
      void this.#negotiate(message);
      return;
    }
    const { connection } = message;
    const found = this.#connections.get(connection);
    const publication = found?.kind === 'publisher' ? found.publication : null;
    switch (message.type) {
      case 'accept':
        this.#housekeeping.disturb();
        if (found?.kind === 'viewer') this.#accept(connection, found.viewer, message.answer);
        return;
      case 'candidates':
        for (const value of message.values) this.#webrtcOf(found)?.addCandidate(value);
        return;
      case 'forward':
        if (publication) this.#forward(publication, message);
        return;
      case 'stop-forward':
        publication?.stopForward(message.camera);
        this.#housekeeping.collect();
        return;
      case 'keyframe':
        publication?.requestKeyframe(message.camera);
        return;
      case 'drop':
        this.#drop(connection, message.camera);
        return;
      case 'leave':
        this.#end(connection);
    }
  }

  #reportFreshness(request: number): void {
    const sessions: Record<string, SessionTimes> = {};
    for (const [connection, found] of this.#connections) {
      const { movedAt, heardAt } = (found.kind === 'viewer' ? found.viewer : found.publication).traffic();
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
    this.#negotiating.add(connection);
    try {
      await (message.type === 'offer' ? this.#offer(message) : this.#receive(message));
    } catch (error) {
      this.#end(connection);
      const { code, message: detail, remedy } = refusal(error);
      this.#send({ type: 'refused', request, code, detail, remedy });
    } finally {
      this.#negotiating.delete(connection);
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
        event: 'multi-camera answer rejected',
        fields: { connection, detail },
      });
      this.#send({ type: 'ended', connection, reason: 'sending-failed', detail });
    }
  }

  async #offer({ request, connection, cameras, ice }: ToMultiCameraOf<'offer'>): Promise<void> {
    this.#checkCapacity(cameras);
    const sections: (SentCamera | null)[] = cameras.map(() => null);
    const sent = (): string[] => viewing.sections.flatMap(section => section?.camera ?? []);
    const viewer = new MultiCameraViewer(
      {
        cameras: cameras.length,
        baseTime: this.#baseTime,
        ice,
        idleMs: () => Math.min(...sent().map(camera => this.#receivers.idleMs(camera))),
        // A PLI has the camera's SSRC, webrtcbin's statistics do not: so all cameras make a keyframe.
        keyframes: {
          areForwarded: () => false,
          requested: () => {
            for (const camera of sent()) this.#send({ type: 'keyframe-wanted', camera });
          },
        },
      },
      this.#events(connection, () => {
        viewer.peer.settleLatency();
        viewing.isConnected = true;
        for (const section of viewing.sections) if (section) this.#receivers.attach(section.camera, section.sinks);
      }),
    );
    const viewing: ViewerConnection = { kind: 'viewer', viewer, sections, isConnected: false };
    this.#connections.set(connection, viewing);
    // One by one: if one fails, ending the connection releases those before it.
    cameras.forEach((camera, index) => {
      this.#receivers.retain(camera);
      sections[index] = { camera, sinks: viewer.peer.proxySinks.slice(index, index + 1) };
    });
    const offer = await viewer.offer();
    if (this.#connections.get(connection) === viewing) this.#send({ type: 'offered', request, offer });
  }

  async #receive({ request, connection, cameras, offer, ice }: ToMultiCameraOf<'receive'>): Promise<void> {
    this.#checkCapacity(cameras);
    const publication = new MultiCameraPublication(
      { cameras, baseTime: this.#baseTime, ice },
      this.#events(connection, () => undefined),
    );
    this.#connections.set(connection, { kind: 'publisher', publication });
    const answer = await publication.answer(offer);
    if (this.#webrtcOf(this.#connections.get(connection)) !== publication.webrtc) return;
    this.#send({ type: 'answered', request, answer });
    publication.watch();
  }

  /** If one fails, its camera gets no frames and requests it again; the connection continues. */
  #forward(publication: MultiCameraPublication, { connection, camera, port }: ToMultiCameraOf<'forward'>): void {
    try {
      checkDescriptors(PROCESS_NAME, FDS_PER_SESSION.stream);
      publication.forwardTo(camera, port);
    } catch (error) {
      const fields = { connection, camera, detail: refusal(error).message };
      this.#send({ type: 'log', level: 'error', event: 'multi-camera forward failed', fields });
    }
  }

  /** @throws CameraFailure */
  #checkCapacity(cameras: readonly string[]): void {
    // Includes this connection.
    const negotiating = this.#negotiating.size * FDS_PER_SESSION.session;
    checkDescriptors(PROCESS_NAME, negotiating + FDS_PER_SESSION.session + cameras.length * FDS_PER_SESSION.stream);
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

  #webrtcOf(connection: MultiCameraConnection | undefined) {
    return connection?.kind === 'viewer' ? connection.viewer.peer.webrtc : connection?.publication.webrtc;
  }

  #drop(connection: string, camera: string): void {
    const found = this.#connections.get(connection);
    if (found?.kind === 'publisher') found.publication.stopForward(camera);
    if (found?.kind !== 'viewer') return;
    const index = found.sections.findIndex(section => section?.camera === camera);
    if (index < 0) return;
    this.#release(found, index);
    this.#housekeeping.collect();
  }

  #release({ sections, isConnected }: ViewerConnection, index: number): void {
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
    if (found.kind === 'publisher') found.publication.close();
    else {
      // The peer's pipeline first, which unblocks the threads that push into it; then its subscriptions.
      found.viewer.close();
      found.sections.forEach((_, index) => {
        this.#release(found, index);
      });
    }
    this.#housekeeping.collect();
  }
}

const PROCESS_NAME = 'The process of multi-camera connections';
