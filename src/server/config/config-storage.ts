import { lstatSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../domain/failure.js';
import { writeFileAtomically } from '../store/atomic-file.js';
import { readText } from './load.js';

/** Where the text of a configuration is kept. */
export interface Place {
  /** The file, or a word for it; relative paths in the text count from its folder. */
  readonly name: string;
  /** Whether it outlives the server. */
  readonly lasting: boolean;
  /** @throws CommandError */
  read(): string;
  /**
   * @param old the text as it was in an older form, kept as well, in `NAME.vN`; null if it is of the newest
   * @throws Failure config-not-writable, and then nothing has changed
   */
  write(text: string, old: { text: string; version: number } | null): Promise<void>;
}

/** Who writes tokens and passwords into a file should be the only one to read it. */
const OWN_FILE = 0o600;
const OWN_FOLDER = 0o700;

const REMEDIES: Readonly<Record<string, string>> = {
  EROFS: 'Its file system is mounted read-only: mount it to be written, or change the file where it comes from.',
  ENOSPC: 'The disk is full: make room on it.',
  EDQUOT: 'The quota of its disk is used up: make room.',
  EBUSY: 'The file is mounted by itself (as into a container): mount its folder instead.',
};
const NOT_ALLOWED = 'Let the user that the server runs as write the file and its folder, or change the file by hand.';

/** A configuration in a file. */
export class ConfigFile implements Place {
  readonly name: string;
  readonly lasting = true;
  #mayBeMissing: boolean;

  /** @param mayBeMissing whether it is made with the first write; once it was there, it is missed */
  constructor(name: string, { mayBeMissing = false } = {}) {
    this.name = name;
    this.#mayBeMissing = mayBeMissing;
  }

  read(): string {
    try {
      const text = readText(this.name);
      this.#mayBeMissing = false;
      return text;
    } catch (error) {
      if (this.#mayBeMissing && isMissing(this.name)) return '';
      throw error;
    }
  }

  async write(text: string, old: { text: string; version: number } | null): Promise<void> {
    try {
      if (this.#mayBeMissing) await mkdir(dirname(this.name), { recursive: true, mode: OWN_FOLDER });
      if (old) await writeFileAtomically(`${this.name}.v${old.version}`, old.text, OWN_FILE);
      await writeFileAtomically(this.name, text, OWN_FILE);
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      throw new Failure('config-not-writable', `${this.name} cannot be written: ${message}.`, {
        remedy: REMEDIES[code] ?? NOT_ALLOWED,
      });
    }
    this.#mayBeMissing = false;
  }
}

/** A configuration that ends with the server: cameras of the command line. */
export class ConfigMemory implements Place {
  readonly name: string;
  readonly lasting = false;
  #text: string;

  constructor(name: string, text: string) {
    this.name = name;
    this.#text = text;
  }

  read(): string {
    return this.#text;
  }

  async write(text: string): Promise<void> {
    this.#text = text;
  }
}

/** A link that leads nowhere is not missing: somebody meant something by it. */
function isMissing(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) === undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR';
  }
}
