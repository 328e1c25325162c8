import { isDeepStrictEqual } from 'node:util';
import type { CameraEditor, SourceRight } from '../../domain/camera-plan.js';
import { CommandError } from '../../domain/command-error.js';
import type { CameraSettings } from '../../domain/contract.js';
import { Failure } from '../../domain/failure.js';
import type { Log } from '../../domain/log.js';
import { FileWatch } from '../store/file-watch.js';
import { ActiveConfig, type Applier, type RunningConfig } from './active-config.js';
import { editText } from './camera-edit.js';
import { CameraEtags, unknownCamera } from './camera-etags.js';
import { ConfigError } from './config-error.js';
import type { ConfigStorage } from './config-storage.js';
import { mergePatch } from './edit.js';
import { type ConfiguredCamera, type Loaded, loadText } from './load.js';
import { type Migration, newestVersion } from './migrations.js';
import { requestedSettings } from './settings-request.js';

export interface ConfigStoreOptions {
  storage: ConfigStorage;
  /** Cameras of the command line, which replace those in `storage`. */
  cameras?: ConfigStorage;
  log: Log;
  migrations?: readonly Migration[];
}

/**
 * The configuration, and all ways in which it changes: reloads and edits, one after the other. If one fails, the
 * previous configuration stays in effect.
 */
export class ConfigStore implements CameraEditor {
  readonly #storage: ConfigStorage;
  readonly #cameraStorage: ConfigStorage;
  readonly #options: ConfigStoreOptions;
  readonly #log: Log;
  readonly #watch: FileWatch | null;
  readonly #active: ActiveConfig;
  #etags = new CameraEtags('');
  /** The source of the configuration in effect; a file that has become invalid since does not change it. */
  #loaded: Loaded;
  /** The last text that was read, valid or not. */
  #lastText: string;
  #last: Promise<unknown> = Promise.resolve();
  #hasLoggedTemporary = false;
  #closed = false;

  /** @throws CommandError if the configuration is invalid */
  constructor(options: ConfigStoreOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#storage = options.storage;
    this.#cameraStorage = options.cameras ?? options.storage;
    this.#lastText = this.#storage.read();
    this.#loaded = this.#load(this.#storage, this.#lastText);
    this.#active = new ActiveConfig(this.#withCameras(this.#loaded), this.#log);
    this.#logMigration(this.#loaded);
    this.#watch = this.#storage.isPersistent
      ? new FileWatch(this.#storage.name, () => void this.reload({ forced: false }))
      : null;
  }

  /** The configuration in effect; before `start` without discovered cameras. */
  get running(): RunningConfig {
    return this.#active.running;
  }

  /**
   * Puts the configuration into effect, and from here on its changes.
   * @param secret the key of the ETags
   */
  async start(applier: Applier, secret: string): Promise<void> {
    this.#active.start(applier);
    this.#etags = new CameraEtags(secret);
    await this.#oneByOne(async () => {
      const next = await this.#resolve(this.#loaded);
      this.#active.apply(next, applier.prepare(next, false));
    });
    this.#watch?.start();
  }

  /** Resolves when all changes requested so far are done; later ones are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watch?.close();
    await this.#last;
  }

  /**
   * Puts the current text of the file into effect. If it is invalid, the log says why and the previous one stays.
   * @param forced whether to reload although the text is unchanged, with all files that it refers to
   */
  async reload({ forced }: { forced: boolean }): Promise<void> {
    if (this.#closed) return;
    await this.#oneByOne(async () => {
      const { applier } = this.#active;
      try {
        const text = this.#storage.read();
        if (text === this.#lastText && !forced) return;
        this.#lastText = text;
        const loaded = this.#load(this.#storage, text);
        const next = await this.#resolve(loaded);
        const take = located(loaded, () => applier.prepare(next, forced));
        this.#loaded = loaded;
        this.#active.apply(next, take);
        this.#log.info({ file: this.#storage.name }, 'configuration reloaded');
        this.#logMigration(loaded);
      } catch (error) {
        if (!(error instanceof CommandError)) this.#log.error({ err: error }, 'configuration reload failed');
        else
          for (const finding of error.message.split('\n'))
            this.#log.error({ finding }, 'invalid configuration, keeping the previous one');
      }
    });
  }

  /** Discovers the cameras of this machine again; without effect if cameras are configured. */
  rediscover(): void {
    if (this.#closed) return;
    this.#oneByOne(() => this.#active.rediscover(() => this.#withCameras(this.#loaded))).catch(err =>
      this.#log.error({ err }, 'discovered cameras could not be applied'),
    );
  }

  etagOf(id: string): string {
    const camera = this.running.cameras.find(({ plan }) => plan.id === id);
    if (!camera) throw unknownCamera(id);
    return this.#etags.of(camera);
  }

  async create(id: string, settings: CameraSettings, sources: SourceRight = 'any'): Promise<void> {
    await this.#edit(id, sources, now => {
      if (now)
        throw new Failure('camera-exists', `Camera "${id}" already exists.`, {
          remedy: `Change it with PUT or PATCH of /api/v1/cameras/${id}, or use another id.`,
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
      this.#etags.check(id, now, precondition);
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
      now => mergePatch(this.#etags.check(id, now, precondition).settings, patch) as CameraSettings,
    );
  }

  async remove(id: string, precondition: string | undefined): Promise<void> {
    await this.#edit(id, 'listed', now => {
      this.#etags.check(id, now, precondition);
      return null;
    });
  }

  /**
   * Changes one camera in the storage, starting from its current text: somebody may have edited it by hand.
   * @param change returns the new settings, or null to remove the camera
   */
  #edit(
    id: string,
    sources: SourceRight,
    change: (now: ConfiguredCamera | undefined) => CameraSettings | null,
  ): Promise<void> {
    return this.#oneByOne(async () => {
      const { applier, running } = this.#active;
      const storage = this.#cameraStorage;
      const text = writable(() => storage.read());
      const loaded = writable(() => this.#load(storage, text));
      const now = (loaded.cameras ?? running.cameras).find(({ plan }) => plan.id === id);
      const requested = change(now);
      const settings =
        requested &&
        requestedSettings({
          id,
          requested,
          now,
          file: storage.name,
          maySet: sources === 'any' ? () => true : this.#loaded.isListed,
          isPassthrough: () => applier.isPassthrough(id),
        });
      const { migrated } = loaded;
      const isChanged = !isDeepStrictEqual(settings ?? undefined, now?.settings);
      const edited = isChanged
        ? editText({
            text,
            loaded,
            discovered: running.cameras,
            id,
            settings,
            name: storage.name,
            version: newestVersion(this.#options.migrations),
            load: text => this.#load(storage, text),
          })
        : text;
      const after = writable(() => this.#load(storage, edited));
      const isMain = storage === this.#storage;
      const next = isMain ? await this.#resolve(after) : { ...running, cameras: after.cameras ?? [] };
      const take = writable(() => located(after, () => applier.prepare(next, false)));
      if (isChanged) {
        const isOld = migrated.titles.length > 0;
        await storage.write(edited, isOld ? { text, version: migrated.from } : null);
        this.#logTemporary();
      }
      if (isMain) {
        this.#lastText = edited;
        this.#loaded = after;
      }
      this.#active.apply(next, take);
    });
  }

  #load(storage: ConfigStorage, text: string): Loaded {
    return loadText(text, storage.name, this.#options.migrations);
  }

  /** A configuration of `storage` with the cameras of the command line, if there are any. */
  #withCameras({ config, ice, cameras }: Loaded): Pick<Loaded, 'config' | 'ice' | 'cameras'> {
    const { cameras: own } = this.#options;
    return { config, ice, cameras: own ? this.#load(own, own.read()).cameras : cameras };
  }

  async #resolve(loaded: Loaded): Promise<RunningConfig> {
    return await this.#active.resolve(this.#withCameras(loaded));
  }

  /** @throws Failure shutting-down */
  async #oneByOne<T>(step: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new Failure('shutting-down', 'The server is shutting down.', { retryAfter: 5 });
    const done = this.#last.then(step);
    this.#last = done.catch(() => undefined);
    return await done;
  }

  #logMigration({ migrated }: Loaded): void {
    if (migrated.titles.length > 0)
      this.#log.info(
        { file: this.#storage.name, version: migrated.from, steps: migrated.titles },
        'configuration has an older version and will be migrated when next written',
      );
  }

  #logTemporary(): void {
    if (this.#cameraStorage.isPersistent || this.#hasLoggedTemporary) return;
    this.#hasLoggedTemporary = true;
    this.#log.warn({}, 'changes to cameras given with --camera are lost when the server exits');
  }
}

/** Adds the position in the file to the findings of a step. */
function located<T>({ where }: Loaded, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(error.findings, where) : error;
  }
}

/** A step of an edit: an invalid configuration is not written to. @throws Failure config-not-writable */
function writable<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new Failure('config-not-writable', `The configuration is invalid: ${error.message.replaceAll('\n', '; ')}.`, {
      remedy: 'Correct the file, then try again. Nothing was changed.',
    });
  }
}
