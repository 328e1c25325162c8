import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Event } from '../../src/domain/contract.js';
import { type LiveClient, listenTo } from '../helpers/live-events.js';
import { rtspCamera } from '../helpers/rtsp-camera-process.js';
import { startServer, type TestServer, until } from '../helpers/server.js';

// The age of the newest frames, as reported to an operator's station: whatever stalls, the age keeps rising.

type Freshness = Extract<Event, { type: 'freshness' }>;
type CameraAge = Freshness['cameras'][number];

const EVERY_MS = 50;
/** Longer than a frame takes on a busy machine, and shorter than until the camera counts as lost. */
const RISEN_MS = 1_000;

/** A server with one camera that stays open, and its reported ages. */
async function reporting(t: Test, source: string) {
  const config = join(t.testdir(), 'config.yaml');
  writeFileSync(config, `limits: { linger: 3600 }\ncameras:\n  arm: { source: '${source}', stallTimeout: 5 }\n`);
  const server = await startServer('--config', config);
  t.teardown(() => server.close());
  await until('it can be opened', async () => (await server.camera('arm')).state === 'idle');
  const ages: CameraAge[] = [];
  const listener = await listenTo(t, `${server.origin}/api/v1/events?freshness=${EVERY_MS}`, {
    authorization: `Bearer ${server.token}`,
  });
  const listen = async (): Promise<void> => {
    for (;;) {
      const event = await listener.news();
      if (event.type === 'freshness') ages.push(...event.cameras);
    }
  };
  void listen();
  const newest = () => until('an age is reported', () => ages.at(-1));
  const open = async () => {
    t.equal((await server.fetch('/api/v1/cameras/arm/snapshot.jpg')).status, 200);
    await until('it is fresh', async () => {
      const { state, ageMs } = await newest();
      return state === 'live' && ageMs !== null && ageMs < 500;
    });
  };
  /** The reports until the age has grown; each but the first is older than the one before. */
  const rises = async (why: string): Promise<CameraAge[]> => {
    ages.splice(0);
    await until(`${why}: the age rises`, async () => ((await newest()).ageMs ?? 0) > RISEN_MS, 20_000);
    const from = ages.findLastIndex(({ ageMs }, i) => (ageMs ?? 0) < (ages[i - 1]?.ageMs ?? 0));
    return ages.slice(Math.max(0, from));
  };
  return { server, newest, open, rises, stop: () => stopReading(listener) };
}

/** Stops reading: messages after the end of a test would count as its failure. */
function stopReading({ socket }: LiveClient): void {
  socket.removeAllListeners('message');
  socket.terminate();
}

const worker = (server: TestServer): number => server.worker('arm');

t.test('a camera that stalls: its age rises while it still counts as live, and falls when it resumes', async t => {
  const rtsp = await rtspCamera(t, 0, 'constrained-baseline', 30);
  const { newest, open, rises, stop } = await reporting(t, `rtsp://127.0.0.1:${rtsp.port}/live`);
  t.match(await newest(), { id: 'arm', ageMs: null, sessions: [] }, 'there has been no frame');
  await open();
  rtsp.pause();
  const rise = await rises('it stalls');
  t.ok(
    rise.some(({ state, ageMs }) => state === 'live' && (ageMs ?? 0) > RISEN_MS / 2),
    'before it counts as lost',
  );
  t.ok(rise.length > 3, `it is reported repeatedly: ${rise.length} times`);
  rtsp.go();
  await until('it is fresh again', async () => ((await newest()).ageMs ?? RISEN_MS) < 500, 20_000);
  stop();
});

t.test('the age rises while a worker hangs and after it is killed', async t => {
  const { server, newest, open, rises, stop } = await reporting(t, 'test');
  await open();
  const pid = worker(server);
  process.kill(pid, 'SIGSTOP');
  await rises('its worker hangs');
  t.equal((await newest()).state, 'live', 'it is not detected yet');
  process.kill(pid, 'SIGCONT');
  await until('it is fresh again', async () => ((await newest()).ageMs ?? RISEN_MS) < 500);
  process.kill(pid, 'SIGKILL');
  await rises('its worker is dead');
  await until('another worker is there', () => worker(server) !== 0 && worker(server) !== pid);
  await rises('the camera is closed');
  await open();
  stop();
});

t.test('a client that does not ask gets no ages, and one that asks too often is refused', async t => {
  const { server, stop } = await reporting(t, 'test');
  const headers = { authorization: `Bearer ${server.token}` };
  const plain = await listenTo(t, `${server.origin}/api/v1/events`, headers);
  t.equal((await plain.news()).type, 'snapshot');
  plain.socket.on('message', text => t.notMatch(String(text), /"freshness"/));
  for (const wrong of ['49', '10001', '1.5', 'x', ''])
    await t.rejects(
      listenTo(t, `${server.origin}/api/v1/events?freshness=${wrong}`, headers),
      { message: '400' },
      wrong,
    );
  stopReading(plain);
  stop();
});
