import t from 'tap';
import { type IceUrl, parseIceUrl } from '../../src/protocol/ice-url.js';
import { Announced } from '../../src/server/ice/announced.js';
import { IceWatch } from '../../src/server/ice/watch.js';
import { keptLog } from '../helpers/quiet-log.js';
import { until } from '../helpers/server.js';
import { agree, udpStunServer } from '../helpers/stun-server.js';

const PACE = { steadyMs: 5, changedMs: 5, recentMs: 1_000 };

t.test('a server comes and goes: noticed, logged once each time, and left out while it is down', async t => {
  let there = false;
  const server = await udpStunServer(t, request => (there ? agree(request) : null));
  const { url } = server;
  const log = keptLog();
  // The real probe gives up after 3 s; this one has a shorter timeout.
  const { connectStun } = await import('../../src/server/ice/stun-client.js');
  const { METHOD } = await import('../../src/server/ice/stun-message.js');
  const probe = async (asked: IceUrl, signal: AbortSignal) => {
    // Not AbortSignal.any: Node 20 may collect its signal before it fires.
    const patience = new AbortController();
    const giveUp = (): void => patience.abort(new Error('no answer'));
    const timer = setTimeout(giveUp, 100);
    signal.addEventListener('abort', giveUp, { once: true });
    const connection = await connectStun(asked, '127.0.0.1', patience.signal);
    try {
      const { ms } = await connection.ask({ method: METHOD.binding, attributes: [] });
      return { address: '127.0.0.1', roundTripMs: ms };
    } finally {
      clearTimeout(timer);
      connection.close();
    }
  };
  const watch = new IceWatch({ urls: [url], log, probe, pace: PACE });
  t.teardown(() => watch.close());
  t.match(watch.statuses(), [{ reachable: null, since: null, address: null, error: null }]);
  t.equal(watch.reached(url), null, 'an unknown state does not block');
  watch.start();
  watch.start();
  await until('it is down', () => watch.statuses()[0]?.reachable === false);
  t.match(watch.statuses(), [{ since: /^\d{4}-/, roundTripMs: null, error: /./ }]);
  there = true;
  await until('it is up', () => watch.reached(url));
  t.match(watch.reached(url), { address: '127.0.0.1' });
  t.match(watch.statuses(), [{ reachable: true, error: null }]);
  const asked = server.asked;
  await until('it is probed repeatedly', () => server.asked > asked + 3);
  there = false;
  await until('it is down again', () => watch.statuses()[0]?.reachable === false);
  t.equal(watch.reached(url), null);
  t.strictSame(
    log.lines.map(({ level, event }) => `${level} ${event}`),
    ['warn ICE server unreachable', 'info ICE server reachable', 'warn ICE server unreachable'],
  );
  watch.close();
  watch.close();
});

t.test('it is probed often after a change, and rarely later', async t => {
  const url = parseIceUrl('stun:192.0.2.1');
  let asked = 0;
  const probe = async () => ({ address: '192.0.2.1', roundTripMs: ++asked });
  const watch = new IceWatch({
    urls: [url],
    log: keptLog(),
    probe,
    pace: { steadyMs: 1_000_000, changedMs: 1, recentMs: 50 },
  });
  t.teardown(() => watch.close());
  watch.start();
  await until('some lookups', () => asked > 3);
  let before = -1;
  await until('there are no more probes', async () => {
    const still = asked === before;
    before = asked;
    await new Promise(resolve => setTimeout(resolve, 100));
    return still;
  });
});

t.test('a probe in progress has no effect after close', async t => {
  const url = parseIceUrl('stun:192.0.2.1');
  let answer: (reached: { address: string; roundTripMs: number }) => void = () => undefined;
  const log = keptLog();
  const watch = new IceWatch({ urls: [url], log, probe: () => new Promise(resolve => (answer = resolve)) });
  watch.start();
  watch.close();
  answer({ address: '192.0.2.1', roundTripMs: 1 });
  await new Promise(resolve => setImmediate(resolve));
  t.equal(watch.reached(url), null);
  t.strictSame(log.lines, []);
});

t.test('announced names follow their addresses, and keep the last during an outage of DNS', async t => {
  const log = keptLog();
  let addresses: string[] | null = ['203.0.113.7'];
  let lookups: AbortSignal[] = [];
  const announced = new Announced(['198.51.100.1', 'robot.example.org'], log, async (_name, signal) => {
    lookups.push(signal);
    if (!addresses) throw new Error('DNS gave no answer');
    return addresses;
  });
  t.strictSame(announced.addresses(), ['198.51.100.1'], 'an address needs no lookup');
  announced.start();
  await until('it is known', () => announced.addresses().length === 2);
  t.strictSame(announced.addresses(), ['198.51.100.1', '203.0.113.7']);
  announced.close();
  t.equal(lookups.length, 1);

  addresses = null;
  lookups = [];
  const lost = new Announced(['robot.example.org'], log, async () => {
    throw new Error('DNS gave no answer');
  });
  lost.start();
  await until('the error is known', () => lost.statuses()[0]?.error);
  t.strictSame(lost.addresses(), []);
  t.strictSame(lost.statuses(), [{ name: 'robot.example.org', addresses: [], error: 'DNS gave no answer' }]);
  lost.close();
  t.strictSame(
    log.lines.map(({ event }) => event),
    ['announced name resolved', 'announced name not resolved'],
  );
});
