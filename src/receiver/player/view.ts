import type { CameraFigures, FromPlayer, PlayerCamera } from '../../messages/player.js';
import { Pipe } from './pipe.js';
import { Pulse } from './pulse.js';
import { Recorder } from './recorder.js';
import type { Section } from './section.js';
import { writeSnapshot } from './snapshot-file.js';
import type { Tile } from './tile.js';
import { numbered, warning } from './words.js';

export interface ViewOptions {
  camera: PlayerCamera;
  /** Null without a display. */
  tile: Tile | null;
  /** ns; see shareClock. */
  baseTime: bigint;
  send(message: FromPlayer): void;
}

/** Age of the last frame from which it is shown with the age. */
const STALE_MS = 500;

/** The output of one camera's video, across all of its sessions: shown, recorded, piped, counted. */
export class View {
  readonly pulse = new Pulse();
  readonly #options: ViewOptions;
  readonly #recorder: Recorder | null;
  readonly #pipe: Pipe | null;
  #section: Section | null = null;
  #session = '';
  /** Of the sessions before this one. */
  #framesBefore = 0;
  #count = 0;
  /** performance.now() */
  #lastFrameAt: number | null = null;
  #isStale = false;
  #text: string | null = null;
  #wantsSnapshot: boolean;

  constructor(options: ViewOptions) {
    this.#options = options;
    const { camera, baseTime, send } = options;
    const { id, record, pipe } = camera;
    this.#wantsSnapshot = camera.snapshot !== null;
    this.#recorder =
      record &&
      new Recorder({
        container: record.container,
        fileName: number => numbered(record.file, number),
        baseTime,
        onFile: file => send({ type: 'file', camera: id, kind: 'recording', file }),
        onFailed: detail => send({ type: 'cannot-write', camera: id, detail }),
      });
    this.#pipe =
      pipe &&
      new Pipe({
        format: pipe,
        baseTime,
        onSize: size => send({ type: 'piping', camera: id, ...size }),
        onClosed: () => send({ type: 'pipe-closed', camera: id }),
        onFailed: detail => send({ type: 'cannot-write', camera: id, detail: `stdout: ${detail}` }),
      });
  }

  /** Takes the frames of a new session. */
  take(session: string, section: Section): void {
    this.drop();
    this.#session = session;
    this.#section = section;
    this.#options.tile?.take(section.decoded);
    this.#recorder?.take(section);
    this.#pipe?.take(section);
  }

  /** The session is over; call this before its pipeline stops. */
  drop(session = this.#session): void {
    if (!this.#section || session !== this.#session) return;
    this.#framesBefore += this.#section.frames();
    this.#options.tile?.take(null);
    this.#recorder?.take(null);
    this.#pipe?.take(null);
    this.#section = null;
    this.#count = 0;
  }

  /** The problem with the camera, to be shown; null without one. */
  say(text: string | null): void {
    this.#text = text;
  }

  /** Call it every REDRAW_MS. */
  poll(): void {
    const section = this.#section;
    const now = performance.now();
    const count = section?.frames() ?? 0;
    if (section && count !== this.#count) this.#frameArrived(section, now, count);
    this.#pipe?.poll(section);
    this.#recorder?.poll();
    const ageMs = this.#lastFrameAt === null ? null : now - this.#lastFrameAt;
    if (!this.#isStale && ageMs !== null && ageMs > STALE_MS) {
      this.#isStale = true;
      this.#options.send({ type: 'stale', camera: this.#options.camera.id, ageMs });
    }
    this.#options.tile?.warn(ageMs === null || this.#isStale ? warning(ageMs, this.#text) : null);
  }

  figures(): CameraFigures {
    const section = this.#section;
    const { fps, bitrate } = section?.rates() ?? { fps: 0, bitrate: 0 };
    const size = section?.size() ?? null;
    return {
      fps,
      bitrate,
      frames: this.#framesBefore + (section?.frames() ?? 0),
      width: size?.width ?? null,
      height: size?.height ?? null,
      ageMs: this.#lastFrameAt === null ? null : Math.round(performance.now() - this.#lastFrameAt),
      ...this.pulse.take(),
    };
  }

  async close(): Promise<void> {
    this.drop();
    this.#pipe?.close();
    await this.#recorder?.close();
  }

  #frameArrived(section: Section, now: number, count: number): void {
    const { send, camera } = this.#options;
    if (this.#count === 0) {
      const { width, height } = section.size() ?? { width: 0, height: 0 };
      send({ type: 'frame', session: this.#session, camera: camera.id, width, height });
    }
    if (this.#isStale) {
      this.#isStale = false;
      send({ type: 'fresh', camera: camera.id, afterMs: now - (this.#lastFrameAt ?? now) });
    }
    this.#count = count;
    this.#lastFrameAt = now;
    if (this.#wantsSnapshot) void this.#snapshot();
  }

  async #snapshot(): Promise<void> {
    const { camera, send } = this.#options;
    const frame = this.#section?.lastFrame() ?? null;
    const file = camera.snapshot;
    if (!frame || file === null) return;
    this.#wantsSnapshot = false;
    try {
      await writeSnapshot(frame, file);
      send({ type: 'file', camera: camera.id, kind: 'snapshot', file });
    } catch (error) {
      send({
        type: 'cannot-write',
        camera: camera.id,
        detail: `${file}: ${(error as Error).message}`,
      });
    }
  }
}
