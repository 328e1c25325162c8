import { lstatSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../domain/failure.js';
import { writeFileAtomically } from '../store/atomic-file.js';
import { readText } from './load.js';

/** Stores the text of a configuration. */
export interface ConfigStorage {
  /** The path of the file, or a stand-in for it; relative paths in the text are resolved against its folder. */
  readonly name: string;
  /** Whether it outlives the server. */
  readonly isPersistent: boolean;
  /** @throws CommandError */
  read(): string;
  /**
   * @param old the text before its migration, backed up as `NAME.vN`; null if it had the newest version
   * @throws Failure config-not-writable; then nothing has changed
   */
  write(text: string, old: { text: string; version: number } | null): Promise<void>;
}

/** The file may contain tokens and passwords: only its owner may read it. */
const OWN_FILE = 0o600;
const OWN_FOLDER = 0o700;

const REMEDIES: Readonly<Record<string, string>> = {
  EROFS: 'Its file system is mounted read-only: remount it read-write, or change the file where it comes from.',
  ENOSPC: 'The disk is full: free some space.',
  EDQUOT: 'The disk quota is used up: free some space.',
  EBUSY: 'The file itself is a mount point (as in a container): mount its folder instead.',
};
const NOT_ALLOWED = "Give the server's user write access to the file and its folder, or edit the file by hand.";

/** A configuration in a file. */
export class ConfigFile implements ConfigStorage {
  readonly name: string;
  readonly isPersistent = true;
  #mayBeMissing: boolean;

  /** @param mayBeMissing whether the first write creates it; once it exists, a missing file is an error */
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

/** A configuration in memory, lost with the server: cameras of the command line. */
export class ConfigMemory implements ConfigStorage {
  readonly name: string;
  readonly isPersistent = false;
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

/** A broken link is not a missing file: it is a mistake to report. */
function isMissing(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) === undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR';
  }
}
