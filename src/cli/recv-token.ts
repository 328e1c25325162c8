import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CommandError, EXIT } from '../domain/command-error.js';
import { defaultStateDir } from '../server/access/own-token.js';

/** The command was interrupted before it started. */
export class Stopped extends Error {}

/** RFC 6750 §2.1 allows fewer characters; a header cannot contain more. */
const TOKEN = /^[\x21-\x7e]+$/;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * The token to send to a server: the first that is given, by option, file, URL or environment; for a server on this
 * machine, its own token, if this user may read it.
 * @throws CommandError if the file cannot be read, or the given text cannot be a token
 */
export function findToken(
  given: { token?: string | undefined; tokenFile?: string | undefined; inUrl: string | null },
  server: URL,
  env: NodeJS.ProcessEnv,
): string | null {
  if (given.token !== undefined) return checked(given.token, '--token', EXIT.usage);
  if (given.tokenFile !== undefined)
    return checked(readTokenFile(given.tokenFile), `--token-file ${given.tokenFile}`, EXIT.noInput);
  if (given.inUrl !== null) return checked(given.inUrl, 'the URL', EXIT.usage);
  if (env.BIGFOOTBOT_TOKEN) return checked(env.BIGFOOTBOT_TOKEN.trim(), 'BIGFOOTBOT_TOKEN', EXIT.usage);
  return ownToken(server, env);
}

// The error does not quote the token: people look over shoulders, and logs are kept.
function checked(token: string, from: string, exitCode: number): string {
  if (TOKEN.test(token)) return token;
  const what = token === '' ? 'is empty' : 'has spaces, line breaks or characters that no token may have';
  throw new CommandError(exitCode, `The token from ${from} ${what}.`);
}

/**
 * Prompts for the token, without echo; null without a terminal, or if nothing was typed.
 * @throws Stopped on Ctrl-C
 */
export async function askForToken(server: URL): Promise<string | null> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
  let isMuted = false;
  const output = new Writable({
    write: (chunk, _, done) => {
      if (!isMuted) process.stderr.write(chunk);
      done();
    },
  });
  const prompt = createInterface({ input: process.stdin, output, terminal: true });
  try {
    const typed = prompt.question(`Token for ${server.host}: `);
    isMuted = true;
    const token = (await typed).trim();
    return TOKEN.test(token) ? token : null;
  } catch {
    // Ctrl-C, or the end of the input: nothing else can fail on a terminal.
    throw new Stopped();
  } finally {
    prompt.close();
    process.stderr.write('\n');
  }
}

function readTokenFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CommandError(EXIT.noInput, `--token-file ${file}: cannot be read: ${(error as Error).message}.`);
  }
}

function ownToken({ hostname }: URL, env: NodeJS.ProcessEnv): string | null {
  if (!LOOPBACK.test(hostname)) return null;
  try {
    const file = join(defaultStateDir(env), 'token');
    const token = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
    return TOKEN.test(token) ? token : null;
  } catch {
    return null;
  }
}
