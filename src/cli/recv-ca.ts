import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandError, EXIT } from '../domain/command-error.js';

/** Reads the certificates of the file given with --ca. @throws CommandError if there are none */
export function readCertificates(file: string): string {
  // npm runs scripts in the package's folder; a path on the command line is relative to where it was typed.
  const path = resolve(process.env.INIT_CWD ?? process.cwd(), file);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CommandError(EXIT.noInput, `--ca ${file}: cannot be read: ${(error as Error).message}.`);
  }
  try {
    new X509Certificate(text);
  } catch {
    throw new CommandError(EXIT.noInput, `--ca ${file}: not a PEM certificate ("-----BEGIN CERTIFICATE-----").`);
  }
  return text;
}
