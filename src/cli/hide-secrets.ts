import { redact } from '../domain/source.js';

/**
 * Takes what is secret out of this process's command line, which every user of this machine can read: passwords in the
 * URLs of cameras, tokens. What stands before it, as npm's own, and the moment until here, are not in its hands.
 */
export function hideSecrets(argv: readonly string[]): void {
  const shown = withoutSecrets(argv);
  if (shown.some((word, i) => word !== argv[i])) process.title = shown.join(' ');
}

/** The words of a command line, with `***` in the place of what is secret. */
export function withoutSecrets(argv: readonly string[]): string[] {
  return argv.map((word, i) => (argv[i - 1] === '--token' ? '***' : withoutSecret(word)));
}

/** A text, with `***` in the place of passwords and tokens in it, as a person may have typed them. */
export const withoutSecret = (text: string): string =>
  redact(text.replace(/(--token=)[^\s']*/g, '$1***').replace(/([#&?](?:access_)?token=)[^&\s'"]*/gi, '$1***'));
