import { isDeepStrictEqual } from 'node:util';
import type { Access } from '../domain/access.js';
import type { Config } from '../domain/contract.js';
import type { IcePlan } from '../domain/ice.js';
import type { Log } from '../domain/log.js';
import { camerasNamed, makeAccess } from './access/access.js';
import type { KeySets } from './access/key-set.js';
import type { RunningConfig } from './config/active-config.js';
import { Ice } from './ice/ice.js';
import { readKeyPair } from './tls/key-pair.js';
import { ServedCertificate } from './tls/served-certificate.js';

export interface SettingsOptions {
  running: RunningConfig;
  /** The folder against which paths in the configuration are resolved. */
  base: string;
  /** The server's own token. */
  token: string;
  log: Log;
}

/** The configuration in effect, without cameras: parts that change are replaced. */
export class Settings {
  readonly #options: Omit<SettingsOptions, 'running'>;
  /** Fetched keys survive a change of the configuration: their server may be out of reach now. */
  readonly #keySets: KeySets = new Map();
  #config: Config;
  #access: Access;
  #icePlan: IcePlan;
  #ice: Ice;
  /** Null for plain HTTP; a restart is needed to change between HTTP and HTTPS. */
  readonly certificate: ServedCertificate | null;

  /** @throws CommandError */
  constructor({ running, ...options }: SettingsOptions) {
    this.#options = options;
    this.#config = running.config;
    this.#access = this.#makeAccess(running.config);
    this.#icePlan = running.ice;
    this.#ice = new Ice({ plan: running.ice, log: options.log });
    const { tls } = running.config.server;
    this.certificate = tls ? new ServedCertificate({ settings: tls, base: options.base, log: options.log }) : null;
  }

  start(): void {
    this.#ice.start();
    this.certificate?.start();
  }

  close(): void {
    this.#ice.close();
    this.certificate?.close();
  }

  get config(): Config {
    return this.#config;
  }

  get access(): Access {
    return this.#access;
  }

  get ice(): Ice {
    return this.#ice;
  }

  /**
   * Prepares a new configuration.
   * @param reload whether to read key files again
   * @returns a function that activates it
   * @throws CommandError
   */
  prepare({ config, ice, cameras }: RunningConfig, reload: boolean): () => void {
    const before = this.#config;
    const isSame = !reload && isDeepStrictEqual([config.access, config.legacy], [before.access, before.legacy]);
    const access = isSame ? this.#access : this.#makeAccess(config);
    const takeCertificate = this.#prepareCertificate(config.server.tls, reload);
    return () => {
      this.#config = config;
      this.#access = access;
      takeCertificate();
      if (!isDeepStrictEqual(ice, this.#icePlan)) this.#replaceIce(ice);
      this.#checkPermissions(cameras.map(({ plan }) => plan.id));
    };
  }

  #prepareCertificate(tls: Config['server']['tls'], reload: boolean): () => void {
    const isSame = !reload && isDeepStrictEqual(tls, this.#config.server.tls);
    if (!tls || isSame) return () => undefined;
    if (this.certificate) return this.certificate.prepare(tls);
    // It takes effect at the next start, which a mistake in it must not prevent.
    readKeyPair(tls, this.#options.base);
    return () => undefined;
  }

  #makeAccess({ access, legacy }: Config): Access {
    const { token, base, log } = this.#options;
    return makeAccess({ settings: access, legacy, ownToken: token, base, log, keySets: this.#keySets });
  }

  #replaceIce(plan: IcePlan): void {
    this.#ice.close();
    this.#icePlan = plan;
    this.#ice = new Ice({ plan, log: this.#options.log });
    this.#ice.start();
  }

  readonly #warnedAbout = new Set<string>();

  // Logged once for each: a camera may be added later over REST.
  #checkPermissions(cameras: readonly string[]): void {
    for (const { camera, holder } of camerasNamed(this.#config.access)) {
      const name = `${camera} ${holder}`;
      if (cameras.includes(camera) || this.#warnedAbout.has(name)) continue;
      this.#warnedAbout.add(name);
      this.#options.log.warn({ camera, holder }, 'permission for unknown camera');
    }
  }
}
