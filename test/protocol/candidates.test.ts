import t from 'tap';
import { candidatesOf } from '../../src/protocol/candidates.js';

t.test('the best candidate comes first, and what a viewer cannot use is left out', async t => {
  const sdp = [
    'a=candidate:3 1 TCP 1010827519 192.0.2.2 49137 typ host tcptype passive',
    'a=candidate:4 1 UDP 2015363583 2001:db8::2 60934 typ host',
    'a=candidate:7 1 UDP 2015363839 fe80::fc:ff:fe00:1 45192 typ host',
    'a=candidate:9 1 UDP 1677722111 198.51.100.7 54279 typ srflx raddr 192.0.2.2 rport 54279',
    'a=candidate:1 1 UDP 2015363327 192.0.2.2 54279 typ host',
  ].join('\r\n');
  t.strictSame(candidatesOf(sdp), [
    '1 1 UDP 2015363327 192.0.2.2 54279 typ host',
    '9 1 UDP 1677722111 198.51.100.7 54279 typ srflx raddr 192.0.2.2 rport 54279',
    '4 1 UDP 2015363583 2001:db8::2 60934 typ host',
  ]);
});

const gathered = [
  'a=candidate:1 1 UDP 2015363327 172.17.0.2 50001 typ host',
  'a=candidate:2 1 UDP 2015363583 2001:db8::2 50002 typ host',
  'a=candidate:5 1 UDP 1677722111 198.51.100.7 54279 typ srflx raddr 172.17.0.2 rport 50001',
  'a=candidate:6 1 UDP 505413887 192.0.2.9 60000 typ relay raddr 172.17.0.2 rport 50001',
];
const others = [
  '1 1 UDP 2015363327 172.17.0.2 50001 typ host',
  '5 1 UDP 1677722111 198.51.100.7 54279 typ srflx raddr 172.17.0.2 rport 50001',
  '6 1 UDP 505413887 192.0.2.9 60000 typ relay raddr 172.17.0.2 rport 50001',
  '2 1 UDP 2015363583 2001:db8::2 50002 typ host',
];

t.test('announced addresses stand first, with the ports of the host candidates of their family', async t => {
  const [first = '', second = '', third = '', ...rest] = candidatesOf(gathered.join('\r\n'), [
    '203.0.113.7',
    '203.0.113.8',
    '2001:db8:1::7',
  ]);
  t.match(first, /^\S+ 1 UDP \d+ 203\.0\.113\.7 50001 typ host$/);
  t.match(second, /^\S+ 1 UDP \d+ 203\.0\.113\.8 50001 typ host$/);
  t.match(third, /^\S+ 1 UDP \d+ 2001:db8:1::7 50002 typ host$/);
  t.strictSame(rest, others, 'and what was gathered stays behind them');
  const all = [first, second, third, ...rest].map(line => line.split(' '));
  const priorities = all.map(([, , , priority]) => Number(priority));
  t.ok(priorities.slice(0, 3).every((priority, i) => priority > Math.max(...priorities.slice(i + 1))));
  t.ok(priorities.every(priority => priority >= 1 && priority < 2 ** 31));
  t.equal(new Set(all.map(([foundation]) => foundation)).size, all.length);
  t.ok(all.every(([foundation = '']) => /^[A-Za-z0-9+/]{1,32}$/.test(foundation)));
});

t.test('announcing changes nothing where there is nothing to announce for', async t => {
  t.strictSame(candidatesOf(gathered.join('\n')), others);
  t.strictSame(candidatesOf('', ['203.0.113.7']), [], 'no port, no candidate');
  t.strictSame(
    candidatesOf(gathered.slice(2).join('\n'), ['203.0.113.7']).filter(line => line.includes('203.0.113.7')),
    [],
    'a relay needs none',
  );
});

t.test("an announced address that is this machine's own is there once", async t => {
  const lines = candidatesOf(gathered.join('\n'), ['172.17.0.2', '172.17.0.2']);
  t.equal(lines.filter(line => / 172\.17\.0\.2 50001 typ host$/.test(line)).length, 1);
  t.match(lines[0], / 172\.17\.0\.2 50001 typ host$/);
});
