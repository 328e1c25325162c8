import type { Config } from '../../domain/contract.js';

/** What holds from the start of the server to its end; all else holds when it is changed. */
const FIXED: Readonly<Record<string, (config: Config) => unknown>> = {
  'server.host': ({ server }) => server.host,
  'server.port': ({ server }) => server.port,
  // Another certificate takes the place of one, but HTTP that of HTTPS only with another listener.
  'server.tls': ({ server }) => server.tls !== undefined,
};

/** Which keys have changed that need the server to be started anew, as in `server.port`. */
export function restartNeeded(before: Config, after: Config): string[] {
  return Object.entries(FIXED)
    .filter(([, read]) => read(before) !== read(after))
    .map(([key]) => key);
}
