import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandError, EXIT } from '../domain/command-error.js';

/** The certificates in a file that a person named. @throws CommandError if there are none */
export function readCertificates(file: string): string {
  // npm runs scripts in the package's folder; a path that a person typed counts from where it was typed.
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
    throw new CommandError(EXIT.noInput, `--ca ${file}: is no certificate as PEM ("-----BEGIN CERTIFICATE-----").`);
  }
  return text;
}
