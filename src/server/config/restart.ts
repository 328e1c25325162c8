import type { Config } from '../../domain/contract.js';

/** The keys that take effect when the server starts; all others take effect at once. */
const RESTART_KEYS: Readonly<Record<string, (config: Config) => unknown>> = {
  'server.host': ({ server }) => server.host,
  'server.port': ({ server }) => server.port,
  // A certificate can be replaced, but HTTP and HTTPS need different listeners.
  'server.tls': ({ server }) => server.tls !== undefined,
};

/** The changed keys that require a restart of the server, such as `server.port`. */
export function restartNeeded(before: Config, after: Config): string[] {
  return Object.entries(RESTART_KEYS)
    .filter(([, read]) => read(before) !== read(after))
    .map(([key]) => key);
}
