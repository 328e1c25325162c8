// The legacy system's clients, written from its protocol alone, against this server.
import t, { type Test } from 'tap';
import { emptyPage, launchChromium, openViewers } from '../helpers/browser.js';
import { openElsewhere } from '../helpers/client-page.js';
import { startForeign } from '../helpers/foreign-server.js';
import { startLegacyReceiver } from '../helpers/legacy-receiver.js';
import { missing } from '../helpers/python-program.js';
import { startRecv } from '../helpers/recv.js';
import { expectEnded, sees, settled } from '../helpers/seen.js';
import { resourcesOf, sleep, startServer, type TestServer, until } from '../helpers/server.js';

const skip = missing('gi', 'python3-gi') || missing('websockets', 'python3-websockets');
const browser = skip ? null : await launchChromium();
t.teardown(() => browser?.close());

/** Designed for CONNECTS=200. */
const CONNECTS = Number(process.env.CONNECTS ?? 8);

interface Set {
  server: TestServer;
  /** With the token, and optional parameters. */
  url(query?: string): string;
}

async function start(t: Test, legacy: string, ...cameras: string[]): Promise<Set> {
  const folder = t.testdir({
    'config.yaml': [
      `legacy: { ${legacy} }`,
      'limits: { linger: 1, publisherReturn: 20 }',
      `cameras: { ${cameras.map(id => `${id}: { source: test }`).join(', ')} }`,
    ].join('\n'),
  });
  const server = await startServer('--config', `${folder}/config.yaml`);
  t.teardown(() => server.close());
  for (const id of cameras) await until('it is ready', async () => (await server.camera(id)).state === 'idle');
  return { server, url: (query = '') => `ws://127.0.0.1:${server.port}/?token=${server.token}${query}` };
}

const camerasOf = async ({ server }: Set): Promise<string[]> =>
  (await server.sessions()).filter(({ protocol }) => protocol === 'legacy').map(({ camera }) => camera);

/**
 * A legacy sender, restarted when it ends, as in practice. One that sends HELLO itself fails at the offer that it may
 * get at first.
 */
async function keepSending(t: Test, set: Set, ...words: string[]): Promise<ReturnType<typeof startForeign>> {
  for (;;) {
    const sender = startForeign(t, 'legacy_sender.py', set.url(), ...words);
    let hasEnded = false;
    void sender.closed.then(() => {
      hasEnded = true;
    });
    await until('it is recognized as a sender, or has ended', async () => {
      const isListed = (await set.server.fetch('/api/v1/cameras/legacy-1')).ok;
      return isListed || hasEnded;
    });
    if (!hasEnded) return sender;
    t.comment('the sender ended and is restarted');
  }
}

/** A receiver shows moving video of so many cameras. */
async function shows(receiver: ReturnType<typeof startLegacyReceiver>, cameras: number): Promise<void> {
  for (let camera = 0; camera < cameras; camera++)
    await sees({ seen: async () => await receiver.seen(camera) }, undefined, 20_000);
}

t.test('two legacy receivers, each with two cameras in its own connection', { skip }, async t => {
  const set = await start(t, 'mode: auto', 'front', 'rear');
  const { server } = set;
  const [first, second] = [startLegacyReceiver(t, set.url()), startLegacyReceiver(t, set.url())];
  await Promise.all([shows(first, 2), shows(second, 2)]);
  t.strictSame((await camerasOf(set)).sort(), ['front', 'front', 'rear', 'rear']);
  t.equal((await server.camera('front')).viewers, 2);
  t.equal((await server.camera('front')).encoder, 'x264enc', 'one encoder for both');
  const metrics = await (await server.fetch('/metrics')).text();
  t.match(metrics, /^bigfootbot_process_threads\{process="multi_camera",camera=""\} \d+$/m);
  t.match(metrics, /^bigfootbot_session_idle_seconds\{[^}]*protocol="legacy"\} [\d.e-]+$/m);

  const before = await second.seen(0);
  await first.leave();
  await until('its sessions have ended', async () => (await server.sessions()).length === 2);
  t.match(
    (await server.sessions('ended')).map(({ ended }) => ended?.reason),
    ['peer-closed', 'peer-closed'],
  );
  await until('the other continues', async () => (await second.seen(0)).frames > before.frames + 30);

  await second.helloAgain();
  await shows(second, 2);
  t.equal((await server.sessions()).length, 2, 'HELLO again: a new connection replaces the previous one');
  const worker = server.worker('front');
  process.kill(worker, 'SIGKILL');
  const rear = await second.seen(1);
  await until('the worker was replaced', () => ![0, worker].includes(server.worker('front')));
  const front = await second.seen(0);
  await until('its camera comes back', async () => (await second.seen(0)).frames > front.frames + 10, 20_000);
  t.ok((await second.seen(1)).frames > rear.frames, 'the other camera continued');

  const [last] = await server.sessions();
  process.kill(server.worker('bundles'), 'SIGKILL');
  await expectEnded(t, server, last?.id, 'worker-died');
});

t.test('one camera of three, to a receiver of the other dialect', { skip }, async t => {
  const set = await start(t, 'mode: sender', 'front', 'rear', 'arm');
  const receiver = startLegacyReceiver(t, set.url('&form=flat&camera=rear,arm'), 'flat');
  await shows(receiver, 2);
  t.strictSame(await camerasOf(set), ['rear', 'arm']);
  const [session] = await set.server.sessions();
  await set.server.fetch(`/api/v1/sessions/${session?.id}`, { method: 'DELETE' });
  const arm = await receiver.seen(1);
  await until('the other camera continues', async () => (await receiver.seen(1)).frames > arm.frames + 30);
  t.strictSame(await camerasOf(set), ['arm']);
  await receiver.leave();
  await expectEnded(t, set.server, 's-2', 'peer-closed');
});

t.test('the browser page, which sends no token and is allowed by its network', { skip }, async t => {
  const set = await start(t, 'anonymous: true, networks: ["127.0.0.0/8"]', 'front', 'rear');
  const page = (await browser?.newPage()) ?? t.fail('no browser');
  const client = await openElsewhere(t, page as never, 'legacy-receiver');
  await client.start(`ws://127.0.0.1:${set.server.port}/`, '');
  await sees(client);
  t.strictSame(await camerasOf(set), ['front', 'rear']);
  await client.leave();
  await expectEnded(t, set.server, 's-1', 'peer-closed');
});

for (const form of ['nested', 'x86'] as const) {
  t.test(`a legacy sender (${form}) is two cameras, for Chromium, a legacy receiver and recv`, { skip }, async t => {
    const set = await start(t, 'mode: auto', 'front');
    const { server } = set;
    const words = ['--cameras', '2', ...(form === 'x86' ? ['--x86'] : [])];
    const sender = await keepSending(t, set, ...words);
    await until('it is listed', async () => (await server.fetch('/api/v1/cameras/legacy-1')).ok);
    t.equal((await server.fetch('/api/v1/cameras/legacy-1', { method: 'DELETE' })).status, 409);
    const page = await emptyPage(browser as never, server);
    const viewers = await openViewers(page, server, 'legacy-1', 1);
    const decoded = async (): Promise<number> => (await viewers.stats())[0]?.framesDecoded ?? 0;
    await until('Chromium sees it', async () => (await decoded()) > 30, 20_000);
    t.equal((await server.camera('legacy-1')).encoder, null, 'nothing is re-encoded');

    const receiver = startLegacyReceiver(t, set.url());
    await shows(receiver, 2);
    t.strictSame((await camerasOf(set)).sort(), ['legacy-1', 'legacy-1-2'], "the sender's cameras alone");
    const recv = startRecv(t, [server.origin, 'legacy-1-2', '--headless'], { token: server.token });
    await recv.heard('frame', 'legacy-1-2');
    t.equal(await recv.stop(), 0);
    const offers = sender.events.filter(({ event }) => event === 'offered').length;
    t.equal(offers, 1, 'it opened its cameras once');

    sender.kill();
    await until('its camera is lost', async () => (await server.camera('legacy-1')).state === 'lost');
    startForeign(t, 'legacy_sender.py', set.url(), ...words);
    await until('it is back', async () => (await server.camera('legacy-1')).state === 'live', 20_000);
    const before = await decoded();
    await until('Chromium sees it again', async () => (await decoded()) > before + 30);
    await receiver.leave();
    await viewers.leave();
  });
}

t.test('a legacy sender is asked when a viewer joins, and released afterwards', { skip }, async t => {
  const set = await start(t, 'mode: auto', 'front');
  const { server } = set;
  const sender = startForeign(t, 'legacy_sender.py', set.url());
  await until('it is listed', async () => (await server.fetch('/api/v1/cameras/legacy-1')).ok);
  const offers = (): number => sender.events.filter(({ event }) => event === 'offered').length;
  t.equal(offers(), 0);
  const receiver = startLegacyReceiver(t, set.url());
  await shows(receiver, 1);
  t.strictSame(await camerasOf(set), ['legacy-1'], 'it sends OK in time');
  await receiver.leave();
  await until('its sessions have ended', async () => (await server.sessions()).length === 0, 20_000);
  t.match((await server.sessions('ended')).find(({ protocol }) => protocol === 'legacy-sender')?.ended, {
    reason: 'no-viewers',
  });
  t.equal(offers(), 1);
  const again = startLegacyReceiver(t, set.url());
  await shows(again, 1);
  t.equal(offers(), 2, 'and is asked again');
  await again.leave();
});

t.test('relay: messages between a sender and a receiver are forwarded unchanged', { skip }, async t => {
  const set = await start(t, 'mode: relay', 'front');
  const sender = startForeign(t, 'legacy_sender.py', set.url(), '--cameras', '2');
  await sender.heard('ready');
  const receiver = startLegacyReceiver(t, set.url());
  await shows(receiver, 2);
  t.strictSame(await set.server.sessions(), [], 'they are connected to each other');
});

t.test('recv, from this server and from a legacy sender', { skip }, async t => {
  const set = await start(t, 'mode: auto', 'front', 'rear');
  const recv = startRecv(t, ['--legacy', `ws://127.0.0.1:${set.server.port}/`, '--headless'], {
    token: set.server.token,
  });
  await recv.heard('frame');
  t.strictSame(await camerasOf(set), ['front', 'rear']);
  t.equal(await recv.stop(), 0);
  await expectEnded(t, set.server, 's-4', 'peer-closed');
});

t.test(`${CONNECTS} connects and disconnects leave nothing behind`, { skip }, async t => {
  const set = await start(t, 'mode: auto', 'front', 'rear');
  const { server } = set;
  const held = (): { [process: string]: ReturnType<typeof resourcesOf> } =>
    Object.fromEntries(['bundles', 'front', 'rear'].map(name => [name, resourcesOf(server.worker(name))]));
  // The others are compared with what the first leaves.
  const visit = async (): Promise<void> => {
    const receiver = startLegacyReceiver(t, set.url());
    await until('it sees', async () => (await receiver.seen(1)).frames > 0, 20_000).catch(async error => {
      const facts = [await receiver.seen(0), await receiver.seen(1), await server.sessions()];
      throw new Error(`${error.message}: ${JSON.stringify(facts)}`);
    });
    await receiver.leave();
  };
  for (let i = 0; i < 4; i++) await visit();
  await until('all have ended', async () => (await server.sessions()).length === 0);
  for (const name of ['bundles', 'front', 'rear']) await settled(server.worker(name));
  const before = held();
  for (let i = 0; i < CONNECTS; i += 4) await Promise.all(Array.from({ length: 4 }, visit));
  await until('all have ended', async () => (await server.sessions()).length === 0);
  await sleep(2_000);
  let after = held();
  await until('all resources are released', () => {
    after = held();
    return Object.keys(before).every(name => {
      const [was, is] = [before[name], after[name]];
      return was && is && is.threads <= was.threads + 3 && is.fds <= was.fds + 24;
    });
  }).catch(() => undefined);
  for (const name of ['bundles', 'front', 'rear']) {
    t.comment(name, before[name], after[name]);
    t.ok((after[name]?.threads ?? 0) <= (before[name]?.threads ?? 0) + 3, `${name}: threads`);
    t.ok((after[name]?.fds ?? 0) <= (before[name]?.fds ?? 0) + 24, `${name}: file descriptors`);
  }
  t.strictSame(
    server.log.filter(line => /CRITICAL|GLib-|GStreamer-/.test(line)),
    [],
  );
});
