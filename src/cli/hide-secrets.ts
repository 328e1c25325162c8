import { redact } from '../domain/source.js';

/**
 * Removes secrets from this process's command line, which every user of this machine can read: tokens, and passwords in
 * the URLs of cameras. It cannot hide those in the command lines of its parents, such as npm, nor before this call.
 */
export function hideSecrets(argv: readonly string[]): void {
  const shown = withoutSecrets(argv);
  if (shown.some((word, i) => word !== argv[i])) process.title = shown.join(' ');
}

/** The words of a command line, with `***` in place of secrets. */
export function withoutSecrets(argv: readonly string[]): string[] {
  return argv.map((word, i) => (argv[i - 1] === '--token' ? '***' : withoutSecret(word)));
}

/** A text with `***` in place of its passwords and tokens, in any form that a person may have typed. */
export const withoutSecret = (text: string): string =>
  redact(text.replace(/(--token=)[^\s']*/g, '$1***').replace(/([#&?](?:access_)?token=)[^&\s'"]*/gi, '$1***'));
