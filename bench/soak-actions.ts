import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { emptyPage, joinAndLeave, openViewers } from '../test/helpers/browser.js';
import { startProgram } from '../test/helpers/client-program.js';
import { startLegacyReceiver } from '../test/helpers/legacy-receiver.js';
import { missing } from '../test/helpers/python-program.js';
import { sleep, startServer, type TestServer, until } from '../test/helpers/server.js';

/** A server that is kept busy, and a steady viewer. */
export interface Soak {
  server: TestServer;
  /** From 0 to 1; the same for the same seed. */
  random(): number;
  /** The page in which others join and leave. */
  page: Page;
  /** Frames that the steady viewer has decoded. */
  frames(): Promise<number>;
  close(): Promise<void>;
}

/** Cameras that are killed, changed and removed; `steady` is watched, and edited only without disturbing viewers. */
const DISTURBED = ['a', 'b'];
const ALL = ['steady', ...DISTURBED];
/** Is added and removed. */
const EPHEMERAL = 'guest';
const SIZES = [
  { width: 320, height: 240 },
  { width: 480, height: 360 },
];
/** ms that a legacy receiver, and a client that vanishes, stay. */
const STAY_MS = 4_000;

export async function startSoak(browser: Browser, seed: number): Promise<Soak> {
  const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-soak-'));
  const config = join(folder, 'config.yaml');
  const cameras = DISTURBED.map(id => `  ${id}: { source: test, width: 320, height: 240 }\n`).join('');
  writeFileSync(
    config,
    `limits: { requestsPerMinute: 100000, linger: 2 }\ncameras:\n  steady: { source: test }\n${cameras}`,
  );
  const server = await startServer('--log-level', 'warn', '--config', config);
  await until('the camera is ready', async () => (await server.camera('steady')).state === 'idle', 30_000);
  const steady = await openViewers(await emptyPage(browser, server), server, 'steady', 1);
  const frames = async (): Promise<number> => (await steady.stats())[0]?.framesDecoded ?? 0;
  await until('it plays', async () => (await frames()) > 0);
  return {
    server,
    random: mulberry32(seed),
    page: await emptyPage(browser, server),
    frames,
    close: async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const one = <T>({ random }: Soak, of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;

async function request({ server }: Soak, method: string, path: string, body?: object): Promise<void> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const answer = await server.fetch(`/api/v1/cameras${path}`, {
    method,
    ...(body ? { headers: { 'Content-Type': type }, body: JSON.stringify(body) } : {}),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
}

/** Runs a client, and ends it when it is done or has failed. */
async function withClient(part: (t: { teardown(close: () => void): void }) => Promise<unknown>): Promise<void> {
  const closers: (() => void)[] = [];
  try {
    await part({ teardown: close => closers.push(close) });
  } finally {
    for (const close of closers) close();
  }
}

const hasLegacyReceivers = !missing('gi', 'python3-gi') && !missing('websockets', 'python3-websockets');
const hasAiortc = !missing('aiortc', 'python3-aiortc');

/** The random actions. Each throws what went wrong for its client. */
export const ACTIONS = {
  async join(soak: Soak) {
    const joins = await joinAndLeave(soak.page, soak.server, one(soak, ALL), 1 + Math.floor(soak.random() * 4));
    const bad = joins.find(({ status, firstFrameMs }) => status !== 201 || firstFrameMs === null);
    if (bad) throw new Error(`${bad.status} ${bad.body}`);
  },
  async 'legacy receiver'({ server }: Soak) {
    if (!hasLegacyReceivers) return;
    await withClient(async t => {
      const receiver = startLegacyReceiver(t, `ws://127.0.0.1:${server.port}/?token=${server.token}&camera=steady,a`);
      await sleep(STAY_MS);
      const { frames } = await receiver.seen(0);
      await receiver.leave();
      if (frames === 0) throw new Error('no video');
    });
  },
  async 'client vanished'(soak: Soak) {
    if (!hasAiortc) return;
    const url = `${soak.server.origin}/whep/${one(soak, ALL)}`;
    await withClient(async t => {
      startProgram(t, 'aiortc_client.py', 'watch', url, soak.server.token);
      await sleep(STAY_MS);
    });
  },
  async edit(soak: Soak) {
    const bitrate = 300_000 + Math.floor(soak.random() * 10) * 50_000;
    await request(soak, 'PATCH', `/${one(soak, ALL)}`, { bitrate });
    await request(soak, 'PATCH', `/${one(soak, DISTURBED)}`, one(soak, SIZES));
  },
  async 'camera added and removed'(soak: Soak) {
    await request(soak, 'POST', '', { id: EPHEMERAL, source: 'test', width: 320, height: 240 });
    await joinAndLeave(soak.page, soak.server, EPHEMERAL, 1);
    await request(soak, 'DELETE', `/${EPHEMERAL}`);
  },
  async snapshot(soak: Soak) {
    const answer = await soak.server.fetch(`/api/v1/cameras/${one(soak, ALL)}/snapshot.jpg`);
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`${answer.status}`);
  },
  async 'worker killed'(soak: Soak) {
    const pid = soak.server.worker(one(soak, DISTURBED));
    if (pid > 0) process.kill(pid, 'SIGKILL');
  },
} satisfies Record<string, (soak: Soak) => Promise<void>>;
export type ActionName = keyof typeof ACTIONS;

/** A small generator of random numbers that can be seeded (mulberry32, by Tommy Ettinger, in the public domain). */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
