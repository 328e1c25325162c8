import { unwatchFile, watchFile } from 'node:fs';

/** ms between two looks at the file. */
const INTERVAL_MS = 500;
/** ms for which it has to stay as it is before it is read: an editor may empty it and then write. */
const SETTLE_MS = 300;

/**
 * Tells when what is behind a path has changed. It looks at the path, not at an inode: so it sees a file that an editor
 * or a link that Kubernetes puts in the place of another, one that comes back, and one on a file system that tells
 * nothing by itself, as those of containers and NFS.
 */
export class FileWatch {
  readonly #file: string;
  readonly #changed: () => void;
  readonly #look = (): void => {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(this.#changed, SETTLE_MS);
  };
  #settling: NodeJS.Timeout | undefined;

  constructor(file: string, changed: () => void) {
    this.#file = file;
    this.#changed = changed;
  }

  start(): void {
    watchFile(this.#file, { persistent: false, interval: INTERVAL_MS }, this.#look);
    // What it is compared with is seen only now: it may have changed since it was read.
    this.#look();
  }

  close(): void {
    unwatchFile(this.#file, this.#look);
    clearTimeout(this.#settling);
  }
}
