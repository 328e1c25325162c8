import type { CameraPlan } from '../../src/domain/camera-plan.js';
import type { CaptureDevice } from '../../src/domain/devices.js';
import type { CameraFreshness } from '../../src/domain/freshness.js';
import type { CameraMeasures } from '../../src/domain/measures.js';
import type { Machine } from '../../src/domain/media-engine.js';
import type { ConnectionCamera, ConnectionOffer } from '../../src/domain/multi-camera.js';
import type { Snapshot } from '../../src/domain/snapshots.js';
import { monotonicMs } from '../../src/process/monotonic.js';
import type { Offer } from '../../src/protocol/offer.js';
import { offerOfCameras } from '../../src/protocol/sdp-for-webrtcbin.js';
import type { Engine } from '../../src/server/compose.js';

export interface Join {
  purpose: 'watch' | 'publish';
  camera: string;
  session: string;
  answer(sdp?: string): void;
  fail(error: Error): void;
}

/** One white pixel. */
export const JPEG = Buffer.from(
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=',
  'base64',
);

/** An engine that does nothing by itself: a test answers each join, and reads which sessions it closed. */
export class FakeEngine implements Engine {
  readonly joins: Join[] = [];
  readonly left: string[] = [];
  /** Answers all following joins at once. */
  answersAtOnce: string | null = null;

  /** What is wrong with the offer of a publisher that takes over. */
  wrong: Error | null = null;

  /** Trickled candidates: `camera session candidate`. */
  readonly candidates: string[] = [];

  /** What was done to cameras: `add road`, `change road`, `remove road`. */
  readonly done: string[] = [];
  /** The current cameras, as they were last configured. */
  readonly plans = new Map<string, CameraPlan>();

  add(plan: CameraPlan): void {
    this.#note('add', plan.id, !this.plans.has(plan.id));
    this.plans.set(plan.id, plan);
  }

  change(plan: CameraPlan): void {
    this.#note('change', plan.id, this.plans.has(plan.id));
    this.plans.set(plan.id, plan);
  }

  async remove(id: string): Promise<void> {
    this.#note('remove', id, this.plans.delete(id));
  }

  machine(): Machine {
    return { gstreamer: null, encoders: { state: 'probing', selected: null, tried: [] } };
  }

  async close(): Promise<void> {}

  #note(what: string, id: string, isRight: boolean): void {
    if (!isRight) throw new Error(`the engine cannot ${what} "${id}" in this state`);
    this.done.push(`${what} ${id}`);
  }

  readonly deviceLists: (readonly CaptureDevice[])[] = [];

  setDevices(devices: readonly CaptureDevice[]): void {
    this.deviceLists.push(devices);
  }

  limitsChanged(): void {}

  /** Cameras without a supervisor. */
  forgotten: string[] = [];

  unsupervised(): string[] {
    return this.forgotten;
  }

  /** Cameras that were asked for a keyframe, in order. */
  readonly keyframes: string[] = [];
  /** Cameras that were asked for a snapshot, in order, and what they answer. */
  readonly snapshots: string[] = [];
  takeSnapshot = async (): Promise<Snapshot> => ({ jpeg: JPEG, capturedAt: monotonicMs() });

  keyframe(camera: string): void {
    this.keyframes.push(camera);
  }

  snapshot(camera: string): Promise<Snapshot> {
    this.snapshots.push(camera);
    return this.takeSnapshot();
  }

  /** Frame ages, by camera. */
  readonly ages = new Map<string, CameraFreshness>();
  readonly measures = new Map<string, CameraMeasures>();

  /** The interval, in ms, of each call of refresh(). */
  readonly refreshes: number[] = [];

  async refresh(everyMs: number): Promise<void> {
    this.refreshes.push(everyMs);
  }

  freshness(camera: string): CameraFreshness | null {
    return this.ages.get(camera) ?? null;
  }

  async measureMultiCamera(): Promise<null> {
    return null;
  }

  async measure(): Promise<ReadonlyMap<string, CameraMeasures>> {
    return this.measures;
  }

  watch(camera: string, session: string): Promise<string> {
    return this.#take('watch', camera, session);
  }

  publish(camera: string, session: string): Promise<string> {
    return this.#take('publish', camera, session);
  }

  checkPublisher(): void {
    if (this.wrong) throw this.wrong;
  }

  trickle(camera: string, session: string, candidates: readonly string[]): void {
    for (const candidate of candidates) this.candidates.push(`${camera} ${session} ${candidate}`);
  }

  #take(purpose: Join['purpose'], camera: string, session: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.joins.push({ purpose, camera, session, answer: (sdp = 'the answer') => resolve(sdp), fail: reject });
      if (this.answersAtOnce !== null) resolve(this.answersAtOnce);
    });
  }

  /** Calls for multi-camera connections, in order: `offer front rear`, `accept SDP`, `receive`, `trickle …`. */
  readonly connectionCalls: string[] = [];
  /** Their offers and answers; a function may fail or be slow. */
  describeConnection = async (): Promise<ConnectionOffer> => ({ sdp: 'v=0\r\n', candidates: [] });

  prepareConnections(): void {}

  offerCameras(
    _connection: string,
    parts: readonly ConnectionCamera[],
    mids: readonly string[],
  ): Promise<ConnectionOffer> {
    this.connectionCalls.push(`offer ${parts.map(({ camera }, index) => `${camera} as ${mids[index]}`).join(', ')}`);
    return this.describeConnection();
  }

  /** What is wrong with each answer. */
  wrongAnswer: Error | null = null;

  acceptAnswer(_connection: string, answer: string): void {
    if (this.wrongAnswer) throw this.wrongAnswer;
    this.connectionCalls.push(`accept ${answer.trim()}`);
  }

  async receiveCameras(
    _connection: string,
    parts: readonly ConnectionCamera[],
    offer: Offer,
  ): Promise<ConnectionOffer> {
    offerOfCameras(offer);
    this.connectionCalls.push(`receive ${parts.map(({ camera }) => camera).join(', ')}`);
    return await this.describeConnection();
  }

  trickleConnection(_connection: string, candidates: readonly string[]): void {
    for (const candidate of candidates) this.connectionCalls.push(`trickle ${candidate}`);
  }

  leave(camera: string, session: string): void {
    this.left.push(`${camera} ${session}`);
  }
}
