import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CommandError } from '../../domain/command-error.js';
import type { Log } from '../../domain/log.js';
import type { ServerCertificate } from '../../domain/server-certificate.js';
import { FileWatch } from '../store/file-watch.js';
import { type CertificateFacts, dayOf, factsOf, problemsOf } from './certificate-facts.js';
import { type KeyPair, readKeyPair, type TlsSettings } from './key-pair.js';

export interface ServedCertificateOptions {
  settings: TlsSettings;
  /** The folder against which relative paths are resolved. */
  base: string;
  log: Log;
}

/** A certificate that is not renewed is logged every day. */
const CHECK_INTERVAL_MS = 86_400_000;

/** The certificate that is served. Its files are watched; an invalid one never replaces it. */
export class ServedCertificate implements ServerCertificate {
  readonly #base: string;
  readonly #log: Log;
  readonly #listeners: (() => void)[] = [];
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

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  start(): void {
    this.#logFacts();
    this.#watch();
    this.#timer = setInterval(() => this.#logProblems(), CHECK_INTERVAL_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    for (const watch of this.#watches) watch.close();
    this.#watches = [];
  }

  /**
   * Reads the files of a new configuration.
   * @returns a function that activates them
   * @throws ConfigError
   */
  prepare(settings: TlsSettings): () => void {
    const pair = readKeyPair(settings, this.#base);
    return () => {
      const isChanged = !isDeepStrictEqual(settings, this.#settings);
      this.#settings = settings;
      this.#use(pair);
      if (isChanged) this.#watch();
    };
  }

  #watch(): void {
    for (const watch of this.#watches) watch.close();
    const files = new Set([this.#settings.certFile, this.#settings.keyFile].map(file => resolve(this.#base, file)));
    this.#watches = [...files].map(file => new FileWatch(file, () => this.#reload()));
    for (const watch of this.#watches) watch.start();
  }

  #reload(): void {
    try {
      this.#use(readKeyPair(this.#settings, this.#base));
    } catch (error) {
      if (!(error instanceof CommandError)) {
        this.#log.error({ err: error }, 'certificate could not be read');
        return;
      }
      // A renewal may be half done: then the other file changes next, and is noticed too.
      this.#log.error({ finding: error.message }, 'invalid certificate, keeping the previous one');
    }
  }

  #use(pair: KeyPair): void {
    if (pair.cert === this.#pair.cert && pair.key === this.#pair.key) return;
    this.#pair = pair;
    this.#facts = factsOf(pair.own);
    for (const listener of this.#listeners) listener();
    this.#logFacts();
  }

  #logFacts(): void {
    const { names, addresses, validTo, fingerprint } = this.#facts;
    this.#log.info({ names, addresses, until: dayOf(validTo), fingerprint }, 'certificate in use');
    this.#logProblems();
  }

  #logProblems(): void {
    for (const { detail, remedy } of problemsOf(this.#facts, Date.now()))
      this.#log.warn({ file: this.#settings.certFile, reason: detail, remedy }, 'clients may refuse the certificate');
  }
}
