import type { CameraSettings, Config } from '../../domain/contract.js';
import type { IcePlan } from '../../domain/ice.js';
import type { Log } from '../../domain/log.js';
import type { ConfiguredCamera, Loaded } from './load.js';
import { planCameras } from './plan.js';
import { restartNeeded } from './restart.js';

/** The configuration that the server runs with. */
export interface RunningConfig {
  config: Config;
  ice: IcePlan;
  /** In order: the configured cameras, else the discovered ones. */
  cameras: readonly ConfiguredCamera[];
}

/** Puts configurations into effect. */
export interface Applier {
  /**
   * Checks whether a configuration can be run, and prepares what it needs.
   * @param reload whether to read its files again, too
   * @returns a function that puts it into effect and does not fail
   * @throws CommandError
   */
  prepare(next: RunningConfig, reload: boolean): () => void;
  /** The cameras of this machine, for a configuration without any. */
  discover(): Promise<Readonly<Record<string, CameraSettings>>>;
  /** Whether viewers are currently sent the source's own stream. */
  isPassthrough(camera: string): boolean;
}

/** The parts of a loaded configuration that are put into effect. */
export type LoadedConfig = Pick<Loaded, 'config' | 'ice' | 'cameras'>;

/** The configuration in effect, the cameras discovered for it, and the applier that puts another one into effect. */
export class ActiveConfig {
  readonly #log: Log;
  #applier: Applier | null = null;
  #running: RunningConfig;
  #discovered: readonly ConfiguredCamera[] | null = null;

  constructor({ config, ice, cameras }: LoadedConfig, log: Log) {
    this.#running = { config, ice, cameras: cameras ?? [] };
    this.#log = log;
  }

  /** Before the first `apply` without discovered cameras. */
  get running(): RunningConfig {
    return this.#running;
  }

  /** @throws Error before the start */
  get applier(): Applier {
    if (!this.#applier) throw new Error('the configuration is not started');
    return this.#applier;
  }

  start(applier: Applier): void {
    this.#applier = applier;
  }

  /** Adds the discovered cameras to a configuration without cameras. */
  async resolve({ config, ice, cameras }: LoadedConfig): Promise<RunningConfig> {
    return { config, ice, cameras: cameras ?? (await this.#discover()) };
  }

  /** @param take puts `next` into effect */
  apply(next: RunningConfig, take: () => void): void {
    const keys = restartNeeded(this.#running.config, next.config);
    this.#running = next;
    take();
    if (keys.length > 0) this.#log.warn({ keys }, 'server restart required for changed settings');
  }

  /** Discovers the cameras again, if they are in use. */
  async rediscover(load: () => LoadedConfig): Promise<void> {
    const before = this.#discovered;
    if (!this.#applier || !before) return;
    this.#discovered = null;
    try {
      const next = await this.resolve(load());
      this.apply(next, this.#applier.prepare(next, false));
    } catch (error) {
      // Without it the next rediscovery would be skipped.
      this.#discovered = before;
      throw error;
    }
  }

  async #discover(): Promise<readonly ConfiguredCamera[]> {
    if (!this.#discovered) {
      const found = await this.applier.discover();
      this.#discovered = planCameras(found, '/').map(plan => ({ plan, settings: found[plan.id] as CameraSettings }));
    }
    return this.#discovered;
  }
}
