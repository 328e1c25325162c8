import { createHmac } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { CameraEditor, SourceRight } from '../../domain/camera-plan.js';
import { CommandError } from '../../domain/command-error.js';
import type { CameraSettings, Config } from '../../domain/contract.js';
import { Failure } from '../../domain/failure.js';
import type { IcePlan } from '../../domain/ice.js';
import type { Log } from '../../domain/log.js';
import { ifMatch, strongEtag } from '../../protocol/etag.js';
import { FileWatch } from '../store/file-watch.js';
import { ConfigError } from './config-error.js';
import type { Place } from './config-storage.js';
import { beginDocument, mergePatch, removeCamera, setCamera, textOf } from './edit.js';
import { type ConfiguredCamera, type Loaded, loadText } from './load.js';
import { MIGRATIONS, type Migration } from './migrations.js';
import { planCameras } from './plan.js';
import { restartNeeded } from './restart.js';
import { requestedSettings } from './settings-request.js';
import { spliceCamera } from './splice.js';

/** What a server is run with. */
export interface Running {
  config: Config;
  ice: IcePlan;
  /** In their order: those that are configured, or those that were found. */
  cameras: readonly ConfiguredCamera[];
}

/** What makes a configuration hold. */
export interface Applier {
  /**
   * Looks whether a configuration can be run, and gets ready what it needs.
   * @param reload whether also what is behind its files is to be read again
   * @returns what makes it hold, which does not fail
   * @throws CommandError
   */
  prepare(next: Running, reload: boolean): () => void;
  /** The cameras that this machine has by itself, where none are configured. */
  found(): Promise<Readonly<Record<string, CameraSettings>>>;
  /** Whether a camera's own stream is sent on as it is at this moment. */
  isPassthrough(camera: string): boolean;
}

export interface ConfigStoreOptions {
  place: Place;
  /** Cameras of the command line, which win over those in `place`. */
  cameras?: Place;
  log: Log;
  migrations?: readonly Migration[];
}

/**
 * The configuration: what holds now, and all ways in which it changes, one after the other. Whatever goes wrong on the
 * way, what held before goes on.
 */
export class ConfigStore implements CameraEditor {
  readonly #place: Place;
  readonly #camerasPlace: Place;
  readonly #options: ConfigStoreOptions;
  readonly #log: Log;
  readonly #watch: FileWatch | null;
  #applier: Applier | null = null;
  /** What ETags are made with: by themselves hashes would tell a short password to whoever tries some. */
  #secret = '';
  #running: Running;
  /** What the configuration that holds was made of; a file that is broken since changes nothing of it. */
  #loaded: Loaded;
  /** As it was looked at last, whether it was taken or not. */
  #seen: string;
  #found: readonly ConfiguredCamera[] | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #hasLoggedTemporary = false;
  #closed = false;

  /** @throws CommandError if what is configured cannot be used */
  constructor(options: ConfigStoreOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#place = options.place;
    this.#camerasPlace = options.cameras ?? options.place;
    this.#seen = this.#place.read();
    const loaded = this.#load(this.#place, this.#seen);
    const { config, ice } = loaded;
    this.#running = { config, ice, cameras: this.#camerasOf(loaded).cameras ?? [] };
    this.#loaded = loaded;
    this.#logMigration(loaded);
    this.#watch = this.#place.lasting
      ? new FileWatch(this.#place.name, () => void this.reload({ asked: false }))
      : null;
  }

  /** What holds now; before `start` without the cameras that are found. */
  get running(): Running {
    return this.#running;
  }

  /**
   * From here on changes are made to hold, the first being what there is.
   * @param secret what the values of ETags are made with
   */
  async start(applier: Applier, secret: string): Promise<void> {
    this.#applier = applier;
    this.#secret = secret;
    await this.#oneByOne(async () => {
      const next = await this.#resolve(this.#loaded);
      this.#take(next, applier.prepare(next, false));
    });
    this.#watch?.start();
  }

  /** Resolves when all that was asked for so far is done; from here on nothing changes any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watch?.close();
    await this.#last;
  }

  /**
   * Takes what stands in the file now. If that cannot be used, the log says why and the old goes on.
   * @param asked whether somebody asked for it: else nothing is done while the text is the same
   */
  async reload({ asked }: { asked: boolean }): Promise<void> {
    if (this.#closed) return;
    await this.#oneByOne(async () => {
      const { applier } = this.#started();
      try {
        const text = this.#place.read();
        if (text === this.#seen && !asked) return;
        this.#seen = text;
        const loaded = this.#load(this.#place, text);
        const next = await this.#resolve(loaded);
        const take = prepared(loaded, () => applier.prepare(next, asked));
        this.#loaded = loaded;
        this.#take(next, take);
        this.#log.info({ file: this.#place.name }, 'configuration reloaded');
        this.#logMigration(loaded);
      } catch (error) {
        if (!(error instanceof CommandError))
          this.#log.error({ err: error }, 'the configuration could not be reloaded');
        else
          for (const finding of error.message.split('\n'))
            this.#log.error({ finding }, 'the configuration cannot be used, the one before goes on');
      }
    });
  }

  /** Asks anew which cameras this machine has by itself; where some are configured, that is of no interest. */
  rediscover(): void {
    if (this.#closed) return;
    this.#oneByOne(async () => {
      const before = this.#found;
      if (!this.#applier || !before) return;
      this.#found = null;
      try {
        const next = await this.#resolve(this.#loaded);
        this.#take(next, this.#applier.prepare(next, false));
      } catch (error) {
        // Or nobody would ask anew the next time.
        this.#found = before;
        throw error;
      }
    }).catch(err => this.#log.error({ err }, 'the cameras that were found could not be taken'));
  }

  etagOf(id: string): string {
    const camera = this.#running.cameras.find(({ plan }) => plan.id === id);
    if (!camera) throw unknown(id);
    return this.#etag(camera);
  }

  async create(id: string, settings: CameraSettings, sources: SourceRight = 'any'): Promise<void> {
    await this.#edit(id, sources, now => {
      if (now)
        throw new Failure('camera-exists', `There is a camera "${id}" already.`, {
          remedy: `Change it with PUT or PATCH of /api/v1/cameras/${id}, or take another id.`,
        });
      return settings;
    });
  }

  async replace(
    id: string,
    settings: CameraSettings,
    precondition: string | undefined,
    sources: SourceRight = 'any',
  ): Promise<void> {
    await this.#edit(id, sources, now => {
      this.#check(id, now, precondition);
      return settings;
    });
  }

  async patch(
    id: string,
    patch: Readonly<Record<string, unknown>>,
    precondition: string | undefined,
    sources: SourceRight = 'any',
  ): Promise<void> {
    await this.#edit(
      id,
      sources,
      now => mergePatch(this.#check(id, now, precondition).settings, patch) as CameraSettings,
    );
  }

  async remove(id: string, precondition: string | undefined): Promise<void> {
    await this.#edit(id, 'listed', now => {
      this.#check(id, now, precondition);
      return null;
    });
  }

  #check(id: string, now: ConfiguredCamera | undefined, precondition: string | undefined): ConfiguredCamera {
    if (!now) throw unknown(id);
    if (ifMatch(precondition, strongEtag(this.#etag(now))) === 'stale')
      throw new Failure('camera-changed', `Camera "${id}" was changed since its ETag was given out.`, {
        remedy: 'Read it again, look whether your change is still right, and send that with the new ETag.',
      });
    return now;
  }

  /**
   * Changes one camera where it is kept, on what stands there now: somebody may have edited it by hand.
   * @param change what it is to be, of what it is; null for gone
   */
  #edit(
    id: string,
    sources: SourceRight,
    change: (now: ConfiguredCamera | undefined) => CameraSettings | null,
  ): Promise<void> {
    return this.#oneByOne(async () => {
      const { applier } = this.#started();
      const place = this.#camerasPlace;
      const before = this.#asKept(() => place.read());
      const loaded = this.#asKept(() => this.#load(place, before));
      const cameras = loaded.cameras ?? this.#running.cameras;
      const now = cameras.find(({ plan }) => plan.id === id);
      const raw = change(now);
      const wanted =
        raw &&
        requestedSettings({
          id,
          requested: raw,
          now,
          file: place.name,
          maySet: sources === 'any' ? () => true : this.#loaded.isListed,
          isPassthrough: () => applier.isPassthrough(id),
        });
      const { migrated } = loaded;
      const changed = !isDeepStrictEqual(wanted ?? undefined, now?.settings);
      const text = changed ? this.#write(loaded, before, cameras, id, wanted) : before;
      const after = this.#asKept(() => this.#load(place, text));
      const next =
        place === this.#place ? await this.#resolve(after) : { ...this.#running, cameras: after.cameras ?? [] };
      const take = this.#asKept(() => prepared(after, () => applier.prepare(next, false)));
      if (changed) {
        const isOld = migrated.titles.length > 0;
        await place.write(text, isOld ? { text: before, version: migrated.from } : null);
        this.#logTemporary();
      }
      if (place === this.#place) {
        this.#seen = text;
        this.#loaded = after;
      }
      this.#take(next, take);
    });
  }

  /** The text with one camera as it is wanted: in its place if that can be, else the document is written anew. */
  #write(
    loaded: Loaded,
    before: string,
    cameras: readonly ConfiguredCamera[],
    id: string,
    wanted: CameraSettings | null,
  ): string {
    const { document, migrated, cameras: configured } = loaded;
    const spliced = configured && migrated.titles.length === 0 ? spliceCamera(before, document, id, wanted) : null;
    if (spliced !== null && this.#isChangeOf(id, wanted, loaded, spliced)) return spliced;
    beginDocument(document, this.#newest());
    if (!configured) for (const { plan, settings } of cameras) setCamera(document, plan.id, settings);
    if (wanted) setCamera(document, id, wanted);
    else removeCamera(document, id);
    const text = textOf(document, before);
    // It must not reach the file.
    if (!this.#isChangeOf(id, wanted, loaded, text))
      throw new Error(`the change of camera "${id}" would have changed more of ${this.#camerasPlace.name}`);
    return text;
  }

  /** Whether a text says what another did, with one camera as it is wanted. */
  #isChangeOf(id: string, wanted: CameraSettings | null, before: Loaded, text: string): boolean {
    try {
      const after = this.#load(this.#camerasPlace, text);
      const others = ({ cameras }: Pick<Loaded, 'cameras'>): unknown =>
        (cameras ?? this.#running.cameras)
          .filter(({ plan }) => plan.id !== id)
          .map(({ plan, settings }) => [plan, settings]);
      const rest = ({ config: { cameras: _, version: __, ...config } }: Loaded): unknown => config;
      const now = after.cameras?.find(({ plan }) => plan.id === id)?.settings;
      return (
        isDeepStrictEqual(others(before), others(after)) &&
        isDeepStrictEqual(rest(before), rest(after)) &&
        isDeepStrictEqual(now, wanted ?? undefined)
      );
    } catch (error) {
      if (error instanceof CommandError) return false;
      throw error;
    }
  }

  #newest(): number {
    return (this.#options.migrations ?? MIGRATIONS).at(-1)?.to ?? 1;
  }

  #load(place: Place, text: string): Loaded {
    return loadText(text, place.name, this.#options.migrations);
  }

  /** What is read where an edit is to be kept: what is wrong with it is a reason not to write there. */
  #asKept<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      throw new Failure(
        'config-not-writable',
        `The configuration cannot be used as it is: ${error.message.replaceAll('\n', '; ')}.`,
        {
          remedy: 'Correct it there, then ask again. Nothing was changed.',
        },
      );
    }
  }

  /** What has the cameras, of a configuration in `place`. */
  #camerasOf(loaded: Loaded): Loaded {
    const { cameras } = this.#options;
    return cameras ? this.#load(cameras, cameras.read()) : loaded;
  }

  async #resolve(loaded: Loaded): Promise<Running> {
    const { config, ice } = loaded;
    return { config, ice, cameras: this.#camerasOf(loaded).cameras ?? (await this.#whatIsFound()) };
  }

  async #whatIsFound(): Promise<readonly ConfiguredCamera[]> {
    if (!this.#found) {
      const found = await this.#started().applier.found();
      this.#found = planCameras(found, '/').map(plan => ({ plan, settings: found[plan.id] as CameraSettings }));
    }
    return this.#found;
  }

  #take(next: Running, take: () => void): void {
    const keys = restartNeeded(this.#running.config, next.config);
    this.#running = next;
    take();
    if (keys.length > 0) this.#log.warn({ keys }, 'the server has to be started anew for these to hold');
  }

  #started(): { applier: Applier } {
    if (!this.#applier) throw new Error('the configuration is not started');
    return { applier: this.#applier };
  }

  /** @throws Failure shutting-down */
  async #oneByOne<T>(step: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new Failure('shutting-down', 'The server is being stopped.', { retryAfter: 5 });
    const done = this.#last.then(step);
    this.#last = done.catch(() => undefined);
    return await done;
  }

  #etag({ settings }: ConfiguredCamera): string {
    return createHmac('sha256', this.#secret).update(canonical(settings)).digest('base64url').slice(0, 22);
  }

  #logMigration({ migrated }: Loaded): void {
    if (migrated.titles.length > 0)
      this.#log.info(
        { file: this.#place.name, version: migrated.from, steps: migrated.titles },
        'the configuration is of an older form, and brought to the new one when it is next written',
      );
  }

  #logTemporary(): void {
    if (this.#camerasPlace.lasting || this.#hasLoggedTemporary) return;
    this.#hasLoggedTemporary = true;
    this.#log.warn(
      {},
      'cameras were named with --camera: changes of them hold until the server ends, and are not kept',
    );
  }
}

/** What a step finds wrong, with its place in the file. */
function prepared<T>({ where }: Loaded, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(error.findings, where) : error;
  }
}

function unknown(id: string): Failure {
  return new Failure('unknown-camera', `There is no camera "${id.slice(0, 63)}".`, {
    remedy: 'GET /api/v1/cameras lists those that a token may see.',
  });
}

/** The same text for the same settings, in whatever order they stand. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
