import { pino } from 'pino';
import t from 'tap';
import { startServer } from '../../src/server/compose.js';
import { ConfigMemory } from '../../src/server/config/config-storage.js';
import { ConfigStore } from '../../src/server/config/store.js';
import { FakeEngine } from '../helpers/fake-engine.js';
import { fakeSysfs, onUsb } from '../helpers/fake-sysfs.js';
import { fakeV4l2Ctl } from '../helpers/fake-v4l2-ctl.js';

const TOKEN = 'the-token-of-this-test';
const logger = pino({ level: 'silent' });
const C920 = { name: 'HD Pro Webcam C920', parent: onUsb('1'), driver: 'uvcvideo' };

async function serve(t: import('tap').Test, configuration: string) {
  const program = fakeV4l2Ctl(t);
  const sysfs = fakeSysfs(t);
  const engine = new FakeEngine();
  const config = new ConfigStore({ storage: new ConfigMemory('/config.yaml', configuration), log: logger });
  for (const node of ['video0', 'video2']) program.give(node, { info: 'c920.info', formats: 'c920.formats' });
  const start = async () => {
    const server = await startServer({
      host: '127.0.0.1',
      port: 0,
      config,
      base: '/',
      token: TOKEN,
      logger,
      makeEngine: () => engine,
      devicePaths: sysfs.devicePaths,
    });
    t.teardown(() => server.close());
    const ask = async <T>(path: string): Promise<T[]> => {
      const response = await fetch(`http://127.0.0.1:${server.address.port}/api/v1/${path}`, {
        headers: { Authorization: `Bearer ${TOKEN}` },
      });
      return ((await response.json()) as { items: T[] }).items;
    };
    return { ask, ids: async () => (await ask<{ id: string }>('cameras')).map(({ id }) => id) };
  };
  return { ...sysfs, engine, start };
}

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 300 && !(await holds()); i++) await new Promise(resolve => setTimeout(resolve, 10));
};

t.test('without configured cameras all connected devices are served, also later ones', async t => {
  const { start, plug, unplug, engine } = await serve(t, '');
  const { ask, ids } = await start();
  t.strictSame(await ids(), ['test']);
  t.strictSame(engine.deviceLists, [[]], 'the engine gets the list at the start');
  plug({ node: 'video0', ...C920, serial: '9165D69F' });
  await until(async () => (await ids())[0] !== 'test');
  t.strictSame(await ids(), ['hd-pro-webcam-c920']);
  t.match(await ask('cameras'), [{ name: 'HD Pro Webcam C920', source: 'v4l2:serial=9165D69F' }]);
  t.match(await ask('devices'), [{ serial: '9165D69F', usable: null }]);
  t.match(engine.deviceLists.at(-1), [{ serial: '9165D69F' }]);
  unplug('video0');
  await until(async () => (await ask('devices')).length === 0);
  t.strictSame(await ids(), ['hd-pro-webcam-c920'], 'it comes back');
  t.strictSame(engine.deviceLists.at(-1), []);
});

t.test('devices that are connected at the start are served when the server listens', async t => {
  const { start, plug, engine } = await serve(t, '');
  plug({ node: 'video2', ...C920, serial: '9165D69F' });
  const { ids } = await start();
  t.strictSame(await ids(), ['hd-pro-webcam-c920']);
  t.match(engine.deviceLists, [[{ serial: '9165D69F' }]]);
});

t.test('with configured cameras no others are added', async t => {
  const { start, plug, engine } = await serve(t, 'cameras: { front: { source: test } }\n');
  const { ask, ids } = await start();
  plug({ node: 'video0', ...C920, serial: '9165D69F' });
  await until(async () => (await ask('devices')).length === 1);
  t.match(engine.deviceLists.at(-1), [{ serial: '9165D69F' }], 'the engine gets the list');
  t.strictSame(await ids(), ['front']);
});
