// A camera's process at its limits: no file descriptors, no memory. Others continue.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { emptyPage, launchChromium, openViewers } from '../helpers/browser.js';
import { readOffer } from '../helpers/fixtures.js';
import { legacyClient } from '../helpers/legacy-client.js';
import { startLegacyReceiver } from '../helpers/legacy-receiver.js';
import { missing } from '../helpers/python-program.js';
import { startServer, type TestServer, until } from '../helpers/server.js';

const OFFER = readOffer('chromium-156');
const skip = missing('gi', 'python3-gi') || missing('websockets', 'python3-websockets');
const HELLO = { status: 'HELLO' };
const OK = { status: 'OK' };
const TIMEOUT_MS = 60_000;
/** Descriptors left to it: fewer than a session takes. */
const LEFT = 8;
/** Bytes left to it: fewer than an opening camera takes. */
const LEFT_BYTES = 4_000_000;

const browser = await launchChromium();
t.teardown(() => browser.close());

const limit = (pid: number, what: string, soft: number | string): void => {
  const { stderr } = spawnSync('prlimit', ['--pid', String(pid), `--${what}=${soft}:`], { encoding: 'utf8' });
  if (stderr !== '') throw new Error(stderr);
};

/** A limit of a process, by the kernel's name. */
const mayHave = (pid: number, what: string): string =>
  new RegExp(`^${what}\\s+(\\S+)`, 'm').exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1] ?? '';

const join = (server: TestServer, camera: string): Promise<Response> =>
  server.fetch(`/whep/${camera}`, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: OFFER });

async function watched(t: Test, ...cameras: string[]) {
  const server = await startServer('--camera', 'a=test', '--camera', 'b=test');
  t.teardown(() => server.close());
  for (const id of ['a', 'b']) await until(`${id} is ready`, async () => (await server.camera(id)).state === 'idle');
  const page = await emptyPage(browser, server);
  const viewers = await Promise.all(cameras.map(camera => openViewers(page, server, camera, 1)));
  const decoded = async (i: number): Promise<number> => (await viewers[i]?.stats())?.[0]?.framesDecoded ?? 0;
  for (const [i, camera] of cameras.entries()) await until(`${camera} plays`, async () => (await decoded(i)) > 5);
  const goesOn = async (i: number): Promise<void> => {
    const before = await decoded(i);
    await until(`${cameras[i]} goes on`, async () => (await decoded(i)) > before + 20, TIMEOUT_MS);
  };
  return { server, goesOn };
}

t.test('no file descriptor for another viewer: 503, the others keep watching, and later it serves again', async t => {
  const { server, goesOn } = await watched(t, 'a', 'b');
  const worker = server.worker('a');
  const before = mayHave(worker, 'Max open files');
  limit(worker, 'nofile', readdirSync(`/proc/${worker}/fd`).length + LEFT);
  const refused = await join(server, 'a');
  t.equal(refused.status, 503, `${refused.status}`);
  t.match(await refused.json(), { code: 'overloaded', remedy: /LimitNOFILE/ });
  t.match(refused.headers.get('Retry-After'), /^[1-9]\d*$/);
  t.equal((await join(server, 'b')).status, 201, 'the other camera has its own');
  await goesOn(0);
  await goesOn(1);
  limit(worker, 'nofile', before);
  t.equal((await join(server, 'a')).status, 201, 'it serves again');
  t.equal(server.worker('a'), worker, 'by the same process');
});

t.test('no descriptor for a legacy receiver: it is asked to retry, and others keep watching', { skip }, async t => {
  const { server } = await watched(t);
  const url = `ws://127.0.0.1:${server.port}/?token=${server.token}&camera=a`;
  const receiver = startLegacyReceiver(t, url);
  const goesOn = async (): Promise<void> => {
    const { frames } = await receiver.seen(0);
    await until('it keeps watching', async () => (await receiver.seen(0)).frames > frames + 20, TIMEOUT_MS);
  };
  await goesOn();
  const worker = server.worker('bundles');
  const before = mayHave(worker, 'Max open files');
  limit(worker, 'nofile', readdirSync(`/proc/${worker}/fd`).length + LEFT);
  const refused = await legacyClient(t, url);
  refused.say(HELLO);
  t.match(await refused.next(), OK);
  t.match(await refused.closed, { code: 1013, reason: /file descriptors left/ });
  await goesOn();
  limit(worker, 'nofile', before);
  const served = await legacyClient(t, url);
  served.say(HELLO);
  t.match(await served.next(), OK);
  t.match(await served.next(), { sdp: { type: 'offer' } });
  t.equal(server.worker('bundles'), worker, 'by the same process');
});

t.test('no memory: the camera is restarted, and the other one continues', async t => {
  const { server, goesOn } = await watched(t, 'b');
  const worker = server.worker('a');
  const data = Number(/^VmData:\s*(\d+)/m.exec(readFileSync(`/proc/${worker}/status`, 'utf8'))?.[1]) * 1024;
  limit(worker, 'data', data + LEFT_BYTES);
  const began = performance.now();
  const status = (await join(server, 'a')).status;
  t.comment(`the viewer was answered ${status}`);
  await until('another worker has replaced it', () => ![0, worker].includes(server.worker('a')), TIMEOUT_MS);
  await until('it serves', async () => (await join(server, 'a')).status === 201, TIMEOUT_MS);
  t.comment(`served again after ${Math.round(performance.now() - began)} ms`);
  await goesOn(0);
  t.equal((await server.camera('b')).restarts, 0);
  t.ok((await server.camera('a')).restarts >= 1);
});
