import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file so that after a crash at any moment there is the old one or the new one, whole; when it resolves, the
 * new one outlives a loss of power. Links are followed, the owner of a file that is there is kept, and its mode.
 * @param mode of a file that is not there yet
 * @param keepMode false where `mode` is that of the new file whatever was there: nobody reads more of a secret than before
 * @throws Error as Node has it, with a `code`; then the old one is there
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
  // What its owner made read-only is to stay as it is, though its folder would let it be replaced.
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
    // Its owner first: that takes bits from the mode.
    if (uid !== undefined && gid !== undefined)
      await handle.chown(uid, gid).catch((error: NodeJS.ErrnoException) => {
        // Who is not root may write a file of another's by its group, and gives it away by replacing it.
        if (error.code !== 'EPERM') throw error;
      });
    await handle.chmod(mode & 0o7777);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The new name is on the disk only when its folder is. Some file systems know no such thing. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
