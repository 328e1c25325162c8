import t from 'tap';
import { Failure } from '../../src/domain/failure.js';
import type { IcePlan } from '../../src/domain/ice.js';
import { parseIceUrl } from '../../src/protocol/ice-url.js';
import { parseIceServerLinks } from '../../src/protocol/link-header.js';
import { Ice } from '../../src/server/ice/ice.js';
import { keptLog } from '../helpers/quiet-log.js';

const stun = parseIceUrl('stun:stun.example.org');
const udp = parseIceUrl('turn:turn.example.org?transport=udp');
const tcp = parseIceUrl('turn:turn.example.org?transport=tcp');
const tls = parseIceUrl('turns:turn.example.org?transport=tcp');

/** ICE servers of which these URLs answer, each after so many ms. */
function iceOf(
  plan: Partial<IcePlan>,
  answering: ReadonlyMap<object, number> = new Map(),
  announce: string[] = [],
): Ice {
  const nothing = { start: () => undefined, close: () => undefined, statuses: () => [] };
  return new Ice({
    plan: { servers: [], udpPorts: null, interfaces: null, announce: [], ...plan },
    log: keptLog(),
    watch: {
      ...nothing,
      reached: url => {
        const roundTripMs = answering.get(url);
        return roundTripMs === undefined ? null : { address: '192.0.2.9', roundTripMs };
      },
    },
    announced: { ...nothing, addresses: () => announce },
  });
}

const servers: IcePlan['servers'] = [
  { urls: [stun], access: { type: 'open' } },
  { urls: [udp, tcp, tls], access: { type: 'timed', secret: 'north', lifetime: 600 } },
];

const stunAnswers = new Map([[stun, 5]]);

t.test('clients get every TURN server, reachable or not, and STUN while it answers, with own credentials', async t => {
  t.notMatch(iceOf({ servers }).links('s-7').join(), 'stun:', 'a STUN server that does not answer would delay them');
  const links = parseIceServerLinks(iceOf({ servers }, stunAnswers).links('s-7'));
  t.strictSame(
    links.map(({ urls }) => urls),
    [
      'stun:stun.example.org',
      'turn:turn.example.org?transport=udp',
      'turn:turn.example.org?transport=tcp',
      'turns:turn.example.org?transport=tcp',
    ],
  );
  const [open, ...timed] = links;
  t.strictSame(Object.keys(open ?? {}), ['urls'], 'a STUN server has no user');
  for (const { username = '', credential = '' } of timed) {
    const [, expiry, name] = /^(\d+):(.*)$/.exec(username) ?? [];
    t.equal(name, 's-7');
    t.ok(Math.abs(Number(expiry) - Date.now() / 1000 - 600) < 60, 'it expires in its lifetime');
    t.match(credential, /^[\w+/]{27}=$/);
  }
});

t.test('without a token only servers without credentials: a browser throws at a TURN URL without a user', async t => {
  t.strictSame(iceOf({ servers }, stunAnswers).links(null), ['<stun:stun.example.org>; rel="ice-server"']);
  t.strictSame(iceOf({ servers: servers.slice(1) }).links(null), []);
  const both: IcePlan['servers'] = [{ urls: [stun, udp], access: { type: 'fixed', username: 'u', credential: 'p' } }];
  t.strictSame(iceOf({ servers: both }, stunAnswers).links(null), ['<stun:stun.example.org>; rel="ice-server"']);
});

t.test("the server's own agent uses servers that answer", async t => {
  const cases: [string, Map<object, number>, string | null, RegExp[]][] = [
    ['nothing', new Map(), null, []],
    ['STUN alone', new Map([[stun, 20]]), 'stun://192.0.2.9:3478', []],
    [
      'TURN over UDP, which also does STUN',
      new Map([
        [stun, 20],
        [udp, 20],
        [tcp, 20],
      ]),
      null,
      [/^turn:\/\/\d+%3A\S+:\S+@192\.0\.2\.9:3478\?transport=udp$/],
    ],
    [
      'TURN over TCP if UDP does not get through',
      new Map([
        [stun, 20],
        [tcp, 20],
      ]),
      'stun://192.0.2.9:3478',
      [/@192\.0\.2\.9:3478\?transport=tcp$/],
    ],
    ['TLS, which libnice does not support', new Map([[tls, 20]]), null, []],
  ];
  for (const [name, answering, stunServer, turnServers] of cases) {
    const settings = iceOf({ servers }, answering).agentSettings();
    t.equal(settings.stunServer, stunServer, name);
    t.equal(settings.turnServers.length, turnServers.length, name);
    t.match([...settings.turnServers], turnServers, name);
  }
});

t.test('the timeout follows their round trip, and is never long', async t => {
  const wait = (ms: number) => iceOf({ servers }, new Map([[udp, ms]])).agentSettings().gatheringMs;
  const none = iceOf({ servers }).agentSettings().gatheringMs;
  t.ok(none < wait(50) && wait(50) < wait(150));
  t.ok(wait(50) >= 100 + 20, 'two round trips at least');
  t.equal(wait(10_000), 1_000);
});

t.test('ports, announced addresses and interfaces are passed to the agent', async t => {
  const udpPorts = { min: 50_000, max: 50_100 };
  t.match(iceOf({ udpPorts, interfaces: ['127.0.0.1', 'none0'] }, new Map(), ['203.0.113.7']).agentSettings(), {
    udpPorts,
    addresses: ['127.0.0.1'],
    announce: ['203.0.113.7'],
  });
  t.equal(iceOf({}).agentSettings().addresses, null);
  try {
    iceOf({ interfaces: ['none0', '192.0.2.250'] }).agentSettings();
    t.fail('it was accepted');
  } catch (error) {
    t.ok(error instanceof Failure && error.code === 'no-udp-port' && error.retryAfter);
    t.match((error as Error).message, /none0, 192\.0\.2\.250/);
  }
});
