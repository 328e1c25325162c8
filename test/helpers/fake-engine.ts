import type { Engine } from '../../src/compose.js';
import type { CameraPlan, CaptureDevice, Machine } from '../../src/domain/ports.js';

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

/** An engine that does nothing by itself: a test answers each join, and reads who was told to leave. */
export class FakeEngine implements Engine {
  readonly joins: Join[] = [];
  readonly left: string[] = [];
  /** Answers at once what comes from now on. */
  answersAtOnce: string | null = null;

  /** What is wrong with the offer of whoever would take a publisher's place. */
  wrong: Error | null = null;

  /** Candidates that were trickled: `camera session candidate`. */
  readonly candidates: string[] = [];

  /** What was done to cameras: `add road`, `change road`, `remove road`. */
  readonly done: string[] = [];
  /** How those that there are were configured last. */
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
    if (!isRight) throw new Error(`the engine is told to ${what} "${id}", which makes no sense now`);
    this.done.push(`${what} ${id}`);
  }

  readonly deviceLists: (readonly CaptureDevice[])[] = [];

  setDevices(devices: readonly CaptureDevice[]): void {
    this.deviceLists.push(devices);
  }

  limitsChanged(): void {}

  /** Cameras that nobody looks after. */
  forgotten: string[] = [];

  unsupervised(): string[] {
    return this.forgotten;
  }

  /** Cameras of which a keyframe was asked for, in order. */
  readonly keyframes: string[] = [];
  /** Cameras of which a picture was asked for, in order, and what they answer with. */
  readonly snapshots: string[] = [];
  takeSnapshot = async (): Promise<Uint8Array> => JPEG;

  keyframe(camera: string): void {
    this.keyframes.push(camera);
  }

  snapshot(camera: string): Promise<Uint8Array> {
    this.snapshots.push(camera);
    return this.takeSnapshot();
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

  leave(camera: string, session: string): void {
    this.left.push(`${camera} ${session}`);
  }
}
