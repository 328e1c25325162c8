import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import type { CameraSettings } from '../../src/domain/contract.js';
import { ConfigFile } from '../../src/server/config/config-storage.js';
import { OFFER } from '../helpers/app.js';
import { configFile, configuredServer, openStore } from '../helpers/config-store.js';
import { sleep, until } from '../helpers/server.js';
import { issue } from '../helpers/tokens.js';

const FILE = `limits: { viewers: 5, requestsPerMinute: 1000000 }
cameras:
  front: { source: test }
  back: { source: test, name: Back }
  old: { source: test }
`;

t.test('changes take effect, and the rest is left alone', async t => {
  const { ask, file, engine, log } = await configuredServer(t, FILE);
  t.strictSame(engine.done.splice(0), ['add front', 'add back', 'add old']);
  const watch = (camera: string) => ask('POST', `/whep/${camera}`, OFFER, { 'content-type': 'application/sdp' });
  t.equal((await watch('front')).status, 201);
  t.equal((await watch('old')).status, 201);
  writeFileSync(
    file,
    `limits: { viewers: 1, requestsPerMinute: 1000000 }
server: { port: 1 }
cameras:
  new: { source: test }
  back: { source: test, name: Behind }
  front: { source: test, bitrate: 2000000 }
`,
  );
  await until('it has taken effect', () => engine.done.length >= 3);
  t.strictSame(engine.done.sort(), ['add new', 'change front', 'remove old'], 'the engine ignores names');
  const { items } = (await (await ask('GET', '/api/v1/cameras')).json()) as { items: { id: string; name: string }[] };
  t.strictSame(
    items.map(({ id, name }) => [id, name]),
    [
      ['new', 'new'],
      ['back', 'Behind'],
      ['front', 'front'],
    ],
  );
  const sessions = (await (await ask('GET', '/api/v1/sessions?state=all')).json()) as {
    items: { camera: string; state: string; ended?: { reason: string } }[];
  };
  t.match(sessions.items.map(({ camera, ended }) => [camera, ended?.reason]).sort(), [
    ['front', undefined],
    ['old', 'camera-removed'],
  ]);
  t.equal((await watch('front')).status, 503, 'the limit of viewers has changed');
  t.equal((await watch('old')).status, 404);
  t.match(
    log.filter(({ msg }) => String(msg).includes('restart required')),
    [{ keys: ['server.port'] }],
  );
});

t.test('permissions take effect at the next request', async t => {
  const { origin, file, config } = await configuredServer(t, FILE);
  const { token, entry } = issue('tablet', { role: 'view' });
  const asTablet = () => fetch(`${origin}/api/v1/cameras`, { headers: { authorization: `Bearer ${token}` } });
  t.equal((await asTablet()).status, 401);
  const access = { tokens: [entry], origins: ['https://a.example'] };
  writeFileSync(file, `${FILE}access: ${JSON.stringify(access)}\n`);
  await config.reload({ forced: true });
  const response = await fetch(`${origin}/api/v1/cameras`, {
    headers: { authorization: `Bearer ${token}`, origin: 'https://b.example' },
  });
  t.equal(response.status, 200);
  t.equal(response.headers.get('access-control-allow-origin'), null);
  writeFileSync(file, FILE);
  await config.reload({ forced: true });
  t.equal((await asTablet()).status, 401);
});

t.test('the log level takes effect at once, for every logger', async t => {
  const { ask, file, config, log } = await configuredServer(t, FILE);
  const requests = async (): Promise<number> => {
    await ask('GET', '/healthz');
    return log.filter(({ msg }) => msg === 'request').length;
  };
  t.equal(await requests(), 0, 'info is the default');
  writeFileSync(file, `${FILE}log: { level: debug }\n`);
  await config.reload({ forced: true });
  t.match(log.at(-2), { msg: 'log level changed', before: 'info', level: 'debug' });
  t.ok((await requests()) > 0);
  writeFileSync(file, `${FILE}log: { level: silent }\n`);
  await config.reload({ forced: true });
  const before = log.length;
  await requests();
  t.equal(log.length, before);
  writeFileSync(file, FILE);
  await config.reload({ forced: true });
  t.match(log.at(-2), { msg: 'log level changed', before: 'silent', level: 'info' });
});

t.test('ICE and the strictness of WHEP take effect at the next session', async t => {
  const { ask, file, config } = await configuredServer(t, FILE);
  const post = () => ask('POST', '/whep/front', OFFER, { 'content-type': 'application/sdp' });
  const before = await post();
  t.notMatch(before.headers.get('link') ?? '', 'turn:');
  writeFileSync(
    file,
    `${FILE}ice: { servers: [{ urls: ['turn:127.0.0.1:9'], secret: x }] }\nprotocol: { etags: strict }\n`,
  );
  await config.reload({ forced: true });
  const after = await post();
  t.match(after.headers.get('link'), 'turn:127.0.0.1:9');
  const patch = await ask('PATCH', after.headers.get('location') ?? '', 'a=x', {
    'content-type': 'application/trickle-ice-sdpfrag',
  });
  t.equal(patch.status, 428);
});

t.test('an invalid file: a log line for each error, and the previous configuration is kept', async t => {
  const file = configFile(t, FILE);
  const { store, held, log } = await openStore(t, { storage: new ConfigFile(file) });
  writeFileSync(file, 'limits:\n  viewers: 0\nservre: {}\ncameras: { a: { source: test } }\n');
  await store.reload({ forced: false });
  const findings = () => log.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields);
  t.match(findings(), [
    { finding: /config\.yaml:3: servre is not a known key/ },
    { finding: /config\.yaml:2: limits\.viewers is 0/ },
  ]);
  await store.reload({ forced: false });
  t.equal(findings().length, 2, 'it is logged once');
  for (const text of [
    'cameras: { a: { source: "v4l2:/etc/passwd" } }',
    'ice: { udpPorts: 9-1 }',
    'version: 7',
    'cameras: [',
    '\tx',
  ]) {
    writeFileSync(file, text);
    await store.reload({ forced: false });
    t.match(findings().at(-1), { finding: /config\.yaml:1: / }, text);
  }
  t.equal(held.length, 1);
  t.strictSame(
    store.running.cameras.map(({ plan }) => plan.id),
    ['front', 'back', 'old'],
  );
  rmSync(file);
  await store.reload({ forced: false });
  t.match(findings().at(-1), { finding: /cannot be read: ENOENT/ });
  writeFileSync(file, 'cameras: {}');
  await store.reload({ forced: false });
  t.strictSame(store.running.cameras, []);
});

t.test('any way of replacing the file is noticed, once', async t => {
  const file = configFile(t, FILE);
  const folder = dirname(file);
  const texts = (n: number): string => `${FILE}server: { port: ${n} }\n`;
  // As in Kubernetes: the file is a link into a link that is swapped.
  const release = (n: number): void => {
    mkdirSync(join(folder, `r${n}`));
    writeFileSync(join(folder, `r${n}`, 'config.yaml'), texts(n));
    symlinkSync(`r${n}`, join(folder, 'next'));
    renameSync(join(folder, 'next'), join(folder, 'current'));
  };
  const ways: [string, (n: number) => void][] = [
    ['written over', n => writeFileSync(file, texts(n))],
    [
      'replaced by a new file, as editors do',
      n => {
        writeFileSync(`${file}~`, texts(n));
        renameSync(`${file}~`, file);
      },
    ],
    [
      'removed and created again',
      n => {
        rmSync(file);
        writeFileSync(file, texts(n));
      },
    ],
    [
      'emptied, and filled a little later',
      n => {
        writeFileSync(file, '');
        setTimeout(() => writeFileSync(file, texts(n)), 100);
      },
    ],
    [
      'replaced by a link',
      n => {
        release(n);
        rmSync(file);
        symlinkSync('current/config.yaml', file);
      },
    ],
    ['swapped behind the link', release],
    [
      'copied over',
      n => {
        writeFileSync(join(folder, 'x'), texts(n));
        copyFileSync(join(folder, 'x'), file);
      },
    ],
  ];
  const { store, held } = await openStore(t, { storage: new ConfigFile(file) });
  for (const [index, [name, change]] of ways.entries()) {
    held.length = 0;
    change(index + 1);
    await until(name, () => store.running.config.server.port === index + 1);
    t.equal(held.length, 1, name);
    t.equal(held[0]?.cameras.length, 3, 'never a partial file');
  }
  held.length = 0;
  await store.patch('front', { width: 320 }, undefined);
  t.equal(held.length, 1);
  await sleep(1_500);
  t.equal(held.length, 1, 'its own write is not a change');
});

t.test('a camera that is plugged in while the file is invalid is added, and so is the next one', async t => {
  const file = configFile(t, 'limits: { viewers: 5 }\n');
  const plugged: Record<string, CameraSettings> = { video0: { source: 'v4l2:/dev/video0' } as CameraSettings };
  const storage = new ConfigFile(file, { mayBeMissing: false });
  const { store, held, log } = await openStore(t, { storage, applier: { discover: async () => ({ ...plugged }) } });
  const cameras = () => held.at(-1)?.cameras.map(({ plan }) => plan.id);
  t.strictSame(cameras(), ['video0']);
  writeFileSync(file, 'limits: { viewers: 5\n');
  await store.reload({ forced: true });
  t.match(log.lines, [{ level: 'error', event: /keeping the previous one/ }]);
  for (const id of ['video1', 'video2']) {
    plugged[id] = { source: `v4l2:/dev/${id}` } as CameraSettings;
    store.rediscover();
    await until(`${id} is taken`, () => cameras()?.includes(id));
  }
  t.equal(held.at(-1)?.config.limits.viewers, 5, 'with the previous configuration');
  writeFileSync(file, 'limits: { viewers: 7 }\n');
  await store.reload({ forced: true });
  t.strictSame(cameras(), ['video0', 'video1', 'video2']);
  t.equal(held.at(-1)?.config.limits.viewers, 7);
});

t.test('a closed store finishes pending changes, and accepts no more', async t => {
  const file = configFile(t, 'cameras: { a: { source: test } }\n');
  const { store, held } = await openStore(t, { storage: new ConfigFile(file, { mayBeMissing: false }) });
  const asked = store.create('b', { source: 'test' } as CameraSettings);
  const closed = store.close();
  const late = store.create('c', { source: 'test' } as CameraSettings);
  await t.rejects(late, { code: 'shutting-down' });
  await closed;
  await asked;
  writeFileSync(file, 'cameras: { d: { source: test } }\n');
  await store.reload({ forced: true });
  store.rediscover();
  t.strictSame(
    held.map(({ cameras }) => cameras.map(({ plan }) => plan.id)),
    [['a'], ['a', 'b']],
  );
});
