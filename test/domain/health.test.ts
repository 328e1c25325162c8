import { pino } from 'pino';
import t from 'tap';
import { assessHealth, type Vitals } from '../../src/domain/health.js';
import { startServer } from '../../src/server/compose.js';
import { ConfigMemory } from '../../src/server/config/config-storage.js';
import { ConfigStore } from '../../src/server/config/store.js';
import { FakeEngine } from '../helpers/fake-engine.js';

const camera = (state: Vitals['cameras'][number]['state'], viewers = 0) => ({ state, viewers });
const well: Vitals = { isListening: true, unsupervised: [], cameras: [camera('live', 2), camera('idle')] };

t.test('a working server has no fault, in any state of its cameras', t => {
  t.strictSame(assessHealth(well), { fault: null, status: '2 cameras, 2 viewers' });
  t.strictSame(assessHealth({ ...well, cameras: [camera('live', 1)] }), { fault: null, status: '1 camera, 1 viewer' });
  const troubled = [camera('failed'), camera('lost', 3), camera('failed'), camera('down'), camera('opening')];
  t.strictSame(assessHealth({ ...well, cameras: troubled }), {
    fault: null,
    status: '5 cameras, 1 lost, 2 failed, 1 down, 3 viewers',
  });
  t.end();
});

t.test('a stalled part is named', t => {
  t.match(assessHealth({ ...well, isListening: false }), { fault: /no longer listening/ });
  t.match(assessHealth({ ...well, unsupervised: ['arm', 'road'] }), { fault: /unsupervised cameras: arm, road/ });
  t.end();
});

t.test('the health of a whole server', async t => {
  const engine = new FakeEngine();
  const log = pino({ level: 'silent' });
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    config: new ConfigStore({ storage: new ConfigMemory('/config.yaml', 'cameras: { road: { source: test } }'), log }),
    base: '/',
    token: 'the-token-of-this-test',
    logger: log,
    makeEngine: () => engine,
  });
  t.teardown(() => server.close());
  t.strictSame(server.health(), { fault: null, status: '1 camera, 0 viewers' });
  engine.forgotten = ['road'];
  t.match(server.health(), { fault: /road/ });
  engine.forgotten = [];
  await server.close();
  t.match(server.health(), { fault: /no longer listening/ });
});
