import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { CommandError, EXIT } from '../../domain/command-error.js';
import { writeFileAtomically } from '../store/atomic-file.js';
import { makeToken } from './tokens.js';

/**
 * The default state folder: systemd's, XDG's, or `~/.local/state`.
 * @throws CommandError if the user has no home
 */
export function defaultStateDir(env: NodeJS.ProcessEnv): string {
  if (env.STATE_DIRECTORY) return env.STATE_DIRECTORY.split(':')[0] ?? env.STATE_DIRECTORY;
  // A relative path counts as none (XDG Base Directory Specification).
  const state = [env.XDG_STATE_HOME, join(env.HOME || home(), '.local', 'state')].find(
    path => path && isAbsolute(path),
  );
  if (!state) {
    throw new CommandError(
      EXIT.cannotWrite,
      'this user has no home folder to save the token in. Name a folder with --state-dir.',
    );
  }
  return join(state, 'bigfootbot-video');
}

function home(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}

/**
 * The token that opens the API: read from the state folder, created there at the first start (mode 0600).
 * @throws CommandError if it cannot be read or saved, or others can read it
 */
export async function readToken(stateDir: string): Promise<{ token: string; file: string }> {
  const file = join(stateDir, 'token');
  const saved = readSaved(file);
  if (saved !== null) return { token: saved, file };
  const token = makeToken();
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    await writeFileAtomically(file, `${token}\n`, 0o600);
  } catch (error) {
    throw new CommandError(
      EXIT.cannotWrite,
      `${file}: the token cannot be saved: ${(error as Error).message}. Name a writable folder with --state-dir.`,
    );
  }
  return { token, file };
}

function readSaved(file: string): string | null {
  let token: string;
  try {
    const mode = statSync(file).mode & 0o077;
    if (mode !== 0)
      throw new CommandError(
        EXIT.config,
        `${file}: other users can read the token (mode ${(mode | 0o600).toString(8)}). Close it with: chmod 600 '${file}'`,
      );
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    if (error instanceof CommandError) throw error;
    throw new CommandError(EXIT.config, `${file}: the token cannot be read: ${(error as Error).message}.`);
  }
  if (!/^[\x21-\x7e]{16,512}$/.test(token))
    throw new CommandError(
      EXIT.config,
      `${file}: has no token (16 to 512 printable characters in one line). Remove the file to get a new one.`,
    );
  return token;
}
