import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CommandError } from '../../domain/command-error.js';
import type { Log } from '../../domain/log.js';
import type { ServerCertificate } from '../../domain/server-certificate.js';
import { FileWatch } from '../store/file-watch.js';
import { type CertificateFacts, dayOf, factsOf, troublesOf } from './certificate-facts.js';
import { type KeyPair, readKeyPair, type TlsSettings } from './key-pair.js';

export interface ServedCertificateOptions {
  settings: TlsSettings;
  /** The folder from which relative paths count. */
  base: string;
  log: Log;
}

/** A certificate that nobody renews is told of each day. */
const POLL_INTERVAL_MS = 86_400_000;

/** The certificate that is served now. Its files are watched; what cannot be served never takes its place. */
export class ServedCertificate implements ServerCertificate {
  readonly #base: string;
  readonly #log: Log;
  readonly #takers: (() => void)[] = [];
  #settings: TlsSettings;
  #pair: KeyPair;
  #facts: CertificateFacts;
  #watches: readonly FileWatch[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @throws ConfigError */
  constructor({ settings, base, log }: ServedCertificateOptions) {
    this.#base = base;
    this.#log = log;
    this.#settings = settings;
    this.#pair = readKeyPair(settings, base);
    this.#facts = factsOf(this.#pair.own);
  }

  get cert(): string {
    return this.#pair.cert;
  }

  get key(): string {
    return this.#pair.key;
  }

  get isSelfSigned(): boolean {
    return this.#facts.isSelfSigned;
  }

  get facts(): CertificateFacts {
    return this.#facts;
  }

  onChange(take: () => void): void {
    this.#takers.push(take);
  }

  start(): void {
    this.#tell();
    this.#watch();
    this.#timer = setInterval(() => this.#logTroubles(), POLL_INTERVAL_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    for (const watch of this.#watches) watch.close();
    this.#watches = [];
  }

  /**
   * Reads the files that another configuration names.
   * @returns what makes them hold
   * @throws ConfigError
   */
  prepare(settings: TlsSettings): () => void {
    const pair = readKeyPair(settings, this.#base);
    return () => {
      const isElsewhere = !isDeepStrictEqual(settings, this.#settings);
      this.#settings = settings;
      this.#take(pair);
      if (isElsewhere) this.#watch();
    };
  }

  #watch(): void {
    for (const watch of this.#watches) watch.close();
    const files = new Set([this.#settings.certFile, this.#settings.keyFile].map(file => resolve(this.#base, file)));
    this.#watches = [...files].map(file => new FileWatch(file, () => this.#look()));
    for (const watch of this.#watches) watch.start();
  }

  #look(): void {
    try {
      this.#take(readKeyPair(this.#settings, this.#base));
    } catch (error) {
      if (!(error instanceof CommandError)) {
        this.#log.error({ err: error }, 'the certificate could not be read');
        return;
      }
      // Whoever renews it may be half through: then the other file follows, and is seen as well.
      this.#log.error({ finding: error.message }, 'the new certificate cannot be used, the one before goes on');
    }
  }

  #take(pair: KeyPair): void {
    if (pair.cert === this.#pair.cert && pair.key === this.#pair.key) return;
    this.#pair = pair;
    this.#facts = factsOf(pair.own);
    for (const take of this.#takers) take();
    this.#tell();
  }

  #tell(): void {
    const { names, addresses, validTo, fingerprint } = this.#facts;
    this.#log.info({ names, addresses, until: dayOf(validTo), fingerprint }, 'certificate in use');
    this.#logTroubles();
  }

  #logTroubles(): void {
    for (const { detail, remedy } of troublesOf(this.#facts, Date.now()))
      this.#log.warn({ file: this.#settings.certFile, reason: detail, remedy }, 'clients may refuse the certificate');
  }
}
