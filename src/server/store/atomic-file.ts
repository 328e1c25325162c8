import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file so that after a crash at any moment either the old or the new one exists, complete; once it resolves,
 * the new one survives a power loss. Follows links, and keeps the owner and mode of an existing file.
 * @param mode of a file that does not exist yet
 * @param keepMode false to use `mode` also for an existing file: a secret must not become readable for others
 * @throws Error from Node, with a `code`; the old file is unchanged
 */
export async function writeFileAtomically(
  file: string,
  text: string,
  mode: number,
  { keepMode = true }: { keepMode?: boolean } = {},
): Promise<void> {
  const target = await realpath(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return file;
  });
  const before = await stat(target).catch(() => null);
  // Do not replace a file that its owner made read-only, although its folder would allow it.
  if (before) await access(target, constants.W_OK);
  const beside = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  const handle = await open(beside, 'wx', 0o600);
  try {
    await fill(handle, text, { ...before, mode: before && keepMode ? before.mode : mode });
    await rename(beside, target);
  } catch (error) {
    await unlink(beside).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(target));
}

async function fill(
  handle: FileHandle,
  text: string,
  { mode, uid, gid }: { mode: number; uid?: number; gid?: number },
): Promise<void> {
  try {
    await handle.writeFile(text);
    // The owner first: chown clears bits of the mode.
    if (uid !== undefined && gid !== undefined)
      await handle.chown(uid, gid).catch((error: NodeJS.ErrnoException) => {
        // Without root, a file that is writable only through its group changes its owner when replaced.
        if (error.code !== 'EPERM') throw error;
      });
    await handle.chmod(mode & 0o7777);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The new name is on the disk only when its folder is. Some file systems do not support this. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
