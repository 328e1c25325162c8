import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Test } from 'tap';
import { startServer } from '../../src/server/compose.js';
import type { Applier, RunningConfig } from '../../src/server/config/active-config.js';
import { ConfigFile, type ConfigStorage } from '../../src/server/config/config-storage.js';
import { ConfigStore } from '../../src/server/config/store.js';
import { FakeEngine } from './fake-engine.js';
import { keptLog } from './quiet-log.js';

/** Applies nothing: for tests of the file alone. */
export const NO_APPLIER: Applier = {
  prepare: () => () => undefined,
  discover: async () => ({}),
  isPassthrough: () => false,
};

/** A temporary folder with a file in it; removed with the test. */
export function configFile(t: Test, text?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-config-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'config.yaml');
  if (text !== undefined) writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** A started store; the configurations that took effect are recorded in order. */
export async function openStore(
  t: Test,
  { storage, cameras, applier }: { storage: ConfigStorage; cameras?: ConfigStorage; applier?: Partial<Applier> },
): Promise<{ store: ConfigStore; held: RunningConfig[]; log: ReturnType<typeof keptLog> }> {
  const log = keptLog();
  const held: RunningConfig[] = [];
  const store = new ConfigStore({ storage, ...(cameras ? { cameras } : {}), log });
  await store.start({ ...NO_APPLIER, prepare: next => () => void held.push(next), ...applier }, 'a secret');
  t.teardown(() => store.close());
  return { store, held, log };
}

export interface ConfiguredServer {
  origin: string;
  file: string;
  engine: FakeEngine;
  config: ConfigStore;
  /** Lines of the log. */
  log: Record<string, unknown>[];
  /** The text of the file. */
  text(): string;
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
}

/** The composed server over an engine that does nothing, with a configuration in a file. */
export async function configuredServer(t: Test, text?: string): Promise<ConfiguredServer> {
  const file = configFile(t, text);
  const engine = new FakeEngine();
  engine.answersAtOnce = 'v=0\r\ns=the answer\r\n';
  const log: Record<string, unknown>[] = [];
  const logger = pino(
    { level: 'debug' },
    { write: line => void log.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const config = new ConfigStore({ storage: new ConfigFile(file, { mayBeMissing: text === undefined }), log: logger });
  const token = 'the-token-of-this-test';
  const { address, close } = await startServer({
    host: '127.0.0.1',
    port: 0,
    config,
    base: join(file, '..'),
    token,
    logger,
    makeEngine: () => engine,
  });
  t.teardown(close);
  const origin = `http://127.0.0.1:${address.port}`;
  return {
    origin,
    file,
    engine,
    config,
    log,
    text: () => readFileSync(file, 'utf8'),
    ask: (method, path, body, headers) =>
      fetch(`${origin}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
  };
}
