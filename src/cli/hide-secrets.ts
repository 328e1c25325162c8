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
  return argv.map((word, i) => {
    if (argv[i - 1] === '--token') return '***';
    return redact(word.replace(/^(--token=).*/s, '$1***').replace(/([#&?](?:access_)?token=)[^&\s]*/gi, '$1***'));
  });
}
