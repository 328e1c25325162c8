// The start of the server, when one of its steps fails, or when it is aborted.
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { type ServerOptions, startServer } from '../../src/server/compose.js';
import { ConfigFile } from '../../src/server/config/config-storage.js';
import { ConfigStore } from '../../src/server/config/store.js';
import { configFile } from '../helpers/config-store.js';
import { FakeEngine } from '../helpers/fake-engine.js';
import { fakeSysfs } from '../helpers/fake-sysfs.js';
import { fakeV4l2Ctl } from '../helpers/fake-v4l2-ctl.js';
import { freePort } from '../helpers/free-port.js';
import { until } from '../helpers/server.js';

class CountingEngine extends FakeEngine {
  closed = 0;

  override async close(): Promise<void> {
    this.closed++;
  }
}

function optionsOf(t: Test, port: number, engine: FakeEngine): ServerOptions {
  const file = configFile(t, 'cameras: { a: { source: test } }\n');
  const logger = pino({ level: 'silent' });
  return {
    host: '127.0.0.1',
    port,
    config: new ConfigStore({ storage: new ConfigFile(file, { mayBeMissing: false }), log: logger }),
    base: join(file, '..'),
    token: 'the-token-of-this-test',
    logger,
    makeEngine: () => engine,
  };
}

/** The outcome of a connection to a port: `connect`, or the code of its error. */
async function knock(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return 'connect';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  } finally {
    socket.destroy();
  }
}

t.test('a step fails after the server listens: it stops listening', async t => {
  const engine = new CountingEngine();
  engine.add = () => {
    throw new Error('no camera today');
  };
  const port = await freePort();
  await t.rejects(startServer(optionsOf(t, port, engine)), { message: 'no camera today' });
  t.equal(engine.closed, 1);
  t.equal(await knock(port), 'ECONNREFUSED');
});

t.test('aborted before it started, and while a driver hangs: nothing is left running', async t => {
  const sysfs = fakeSysfs(t);
  const v4l2 = fakeV4l2Ctl(t);
  v4l2.hang('/dev/video0');
  sysfs.plug({ node: 'video0', name: 'Stuck', parent: 'platform/vivid.0' });
  const reason = new Error('shutdown requested');
  t.test('before', async t => {
    const engine = new CountingEngine();
    const port = await freePort();
    const signal = AbortSignal.abort(reason);
    await t.rejects(startServer({ ...optionsOf(t, port, engine), signal }), reason);
    t.strictSame(engine.done, []);
    t.equal(await knock(port), 'ECONNREFUSED');
  });
  t.test('while', async t => {
    const engine = new CountingEngine();
    const port = await freePort();
    const stop = new AbortController();
    const options = { ...optionsOf(t, port, engine), devicePaths: sysfs.devicePaths, signal: stop.signal };
    const starting = startServer(options);
    await until('the driver is queried and the camera served', () => v4l2.calls().length > 0 && engine.done.length > 0);
    t.equal(await knock(port), 'connect', 'it serves meanwhile');
    stop.abort(reason);
    await t.rejects(starting, reason);
    t.equal(engine.closed, 1);
    t.equal(await knock(port), 'ECONNREFUSED');
  });
});
