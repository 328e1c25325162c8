import type { Log } from '../domain/log.js';
import type { FromPlayer, PlayerSettings } from '../messages/player.js';
import type { ClockOffsetEstimate } from '../protocol/clock-offset.js';
import { ReceiveFailure } from './failure.js';
import type { Link, LinkEvents } from './link.js';
import { PlayerProcess, type Prepared } from './player-process.js';
import type { Reporter } from './reporter.js';
import { type CameraReport, Tally } from './tally.js';

/** A robot's clock; see RobotClock. */
export interface Clock {
  readonly roundTripMs: number | null;
  readonly offset: ClockOffsetEstimate;
}

export interface ReceiverOptions {
  player: Omit<PlayerSettings, 'skip'>;
  /** Makes the links that receive the cameras. */
  links(player: PlayerProcess, events: LinkEvents): Link[];
  /** Null without a robot's clock. */
  clock: Clock | null;
  /** Ends when every snapshot is written. */
  endsWithSnapshots: boolean;
  reporter: Reporter;
  log: Log;
}

const REPORT_MS = 1_000;

/** One run of `recv`: the player, the links and the report. */
export class Receiver {
  /** Resolves at the regular end; rejects with a ReceiveFailure. */
  readonly over: Promise<void>;
  readonly #options: ReceiverOptions;
  readonly #player: PlayerProcess;
  readonly #links: readonly Link[];
  readonly #tallies: ReadonlyMap<string, Tally>;
  readonly #failed = new Map<string, ReceiveFailure>();
  readonly #snapshots: Set<string>;
  #timer: NodeJS.Timeout | null = null;
  #end: { resolve(): void; reject(failure: ReceiveFailure): void } = {
    resolve: () => undefined,
    reject: () => undefined,
  };
  #preparedText = '';
  #closed = false;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    const { cameras } = options.player;
    this.over = new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
    });
    this.over.catch(() => undefined);
    this.#tallies = new Map(cameras.map(({ id }) => [id, new Tally(id, options.clock?.offset ?? null)]));
    this.#snapshots = new Set(cameras.filter(({ snapshot }) => snapshot !== null).map(({ id }) => id));
    this.#player = new PlayerProcess({
      settings: options.player,
      pipes: cameras.some(({ pipe }) => pipe !== null),
      log: options.log,
      onPrepared: prepared => this.#prepared(prepared),
      onMessage: message => this.#onMessage(message),
      onDied: reason => options.reporter.event('player-died', { reason }, `The player died and restarts: ${reason}`),
      onFailed: failure => this.#end.reject(failure),
    });
    this.#links = options.links(this.#player, this.#events());
  }

  start(): void {
    const { player, reporter } = this.#options;
    this.#player.start();
    for (const { id } of player.cameras) this.#player.say(id, 'connecting');
    for (const link of this.#links) link.start();
    this.#timer = setInterval(() => reporter.figures(this.#reports()), REPORT_MS);
  }

  /** Ends regularly, like Ctrl-C. */
  stop(): void {
    this.#end.resolve();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#timer) clearInterval(this.#timer);
    await Promise.all([...this.#links.map(link => link.close()), this.#player.close()]);
    const summaries = [...this.#tallies.values()].map(tally => tally.summary()).filter(({ frames }) => frames > 0);
    if (!this.#options.endsWithSnapshots) this.#options.reporter.summary(summaries);
  }

  #events(): LinkEvents {
    const { reporter } = this.#options;
    return {
      live: camera => {
        this.#tallies.get(camera)?.live();
        this.#player.say(camera, null);
      },
      down: (camera, failure) => {
        const isNew = this.#tallies.get(camera)?.down(failure.words, failure.message) ?? false;
        this.#player.say(camera, failure.message);
        if (isNew)
          reporter.event(
            'down',
            { camera, code: failure.code, detail: failure.message, remedy: failure.remedy },
            `${camera}: ${failure.words}. Retrying`,
          );
      },
      trouble: (camera, text) => {
        const isNew = this.#tallies.get(camera)?.trouble(text) ?? false;
        if (!isNew) return;
        reporter.event('trouble', { camera, detail: text }, `${camera}: ${text ?? 'the camera delivers video again'}`);
      },
      failed: (camera, failure) => {
        this.#failed.set(camera, failure);
        this.#tallies.get(camera)?.down(failure.words, failure.message);
        this.#player.say(camera, failure.words);
        if (this.#failed.size === this.#tallies.size || this.#onlyFailedSnapshotsMissing()) this.#end.reject(failure);
        else
          reporter.event(
            'failed',
            { camera, code: failure.code, detail: failure.message, remedy: failure.remedy },
            `${camera}: ${failure.words}`,
          );
      },
    };
  }

  /** Reported once, and again when the decoder or the display changes. */
  #prepared({ decoder, decoderTitle, sink }: Prepared): void {
    const decoding = decoder === null ? 'No decoding' : `Decoding with ${decoder} (${decoderTitle})`;
    const text = `${decoding}, ${sink === null ? 'no display' : `display with ${sink}`}`;
    if (text !== this.#preparedText) this.#options.reporter.event('prepared', { decoder, sink }, text);
    this.#preparedText = text;
  }

  #onMessage(message: FromPlayer): void {
    const { reporter, endsWithSnapshots, log } = this.#options;
    switch (message.type) {
      case 'frame': {
        const { camera, width, height } = message;
        reporter.event('frame', { camera, width, height }, `${camera}: receiving video, ${width}x${height}`);
        return;
      }
      case 'figures': {
        const tally = this.#tallies.get(message.camera);
        tally?.measured(message.figures, message.network);
        for (const mark of message.marks) tally?.marked(mark);
        return;
      }
      case 'stale':
        reporter.event('stale', { camera: message.camera }, `${message.camera}: no frame for 0.5 s`);
        return;
      case 'fresh': {
        const afterMs = Math.round(message.afterMs);
        reporter.event(
          'fresh',
          { camera: message.camera, afterMs },
          `${message.camera}: frames again, after ${afterMs / 1000} s`,
        );
        return;
      }
      case 'file': {
        const { camera, kind, file } = message;
        reporter.event(
          kind,
          { camera, file },
          `${camera}: ${kind === 'snapshot' ? 'snapshot saved to' : 'recording to'} ${file}`,
        );
        if (kind === 'snapshot') this.#snapshots.delete(camera);
        if (endsWithSnapshots && this.#snapshots.size === 0) this.#end.resolve();
        else if (this.#onlyFailedSnapshotsMissing()) this.#end.reject([...this.#failed.values()][0] as ReceiveFailure);
        return;
      }
      case 'piping': {
        const { camera, width, height } = message;
        reporter.event(
          'piping',
          { camera, width, height },
          `${camera}: writing frames of ${width}x${height} to stdout`,
        );
        return;
      }
      case 'cannot-write':
        this.#end.reject(
          new ReceiveFailure('cannot-write', message.detail, 'Check the folder, its permissions and the disk'),
        );
        return;
      case 'display-gone':
        this.#end.reject(
          new ReceiveFailure(
            'no-display',
            `display lost: ${message.detail}`,
            'Use --headless to run without a display',
          ),
        );
        return;
      case 'pipe-closed':
      case 'window-closed':
        this.#end.resolve();
        return;
      case 'log':
        log.warn(message.fields, message.event);
    }
  }

  /** Whether every missing snapshot is of a camera that has failed. */
  #onlyFailedSnapshotsMissing(): boolean {
    return this.#snapshots.size > 0 && [...this.#snapshots].every(camera => this.#failed.has(camera));
  }

  #reports(): CameraReport[] {
    const { clock } = this.#options;
    return [...this.#tallies.values()].map(tally => tally.report(clock?.roundTripMs ?? null));
  }
}
