import { unwatchFile, watchFile } from 'node:fs';

/** Polling interval. */
const INTERVAL_MS = 500;
/** A file must be unchanged for this long before it is read: an editor may empty it and then write. */
const SETTLE_MS = 300;

/**
 * Reports when the file at a path has changed. It polls the path, not an inode: so it notices a file that an editor
 * replaces, a link that Kubernetes replaces, a file that reappears, and changes on file systems without notifications,
 * such as those of containers and NFS.
 */
export class FileWatch {
  readonly #file: string;
  readonly #changed: () => void;
  readonly #settle = (): void => {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(this.#changed, SETTLE_MS);
  };
  #settling: NodeJS.Timeout | undefined;

  constructor(file: string, changed: () => void) {
    this.#file = file;
    this.#changed = changed;
  }

  start(): void {
    watchFile(this.#file, { persistent: false, interval: INTERVAL_MS }, this.#settle);
    // Polling compares with the file as of now: it may have changed since it was read.
    this.#settle();
  }

  close(): void {
    unwatchFile(this.#file, this.#settle);
    clearTimeout(this.#settling);
  }
}
