import t from 'tap';
import { usableCandidate } from '../../src/protocol/candidate.js';
import { candidatesOf } from '../../src/protocol/candidates.js';

t.test('the best candidate comes first, and unusable ones are left out', async t => {
  const sdp = [
    'a=candidate:3 1 TCP 1010827519 192.0.2.2 49137 typ host tcptype passive',
    'a=candidate:4 1 UDP 2015363583 2001:db8::2 60934 typ host',
    'a=candidate:7 1 UDP 2015363839 fe80::fc:ff:fe00:1 45192 typ host',
    'a=candidate:9 1 UDP 1677722111 198.51.100.7 54279 typ srflx raddr 192.0.2.2 rport 54279',
    'a=candidate:1 1 UDP 2015363327 192.0.2.2 54279 typ host',
    // As in the second section of a BUNDLE group.
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

t.test('announced addresses come first, with the ports of the host candidates of their family', async t => {
  const [first = '', second = '', third = '', ...rest] = candidatesOf(gathered.join('\r\n'), [
    '203.0.113.7',
    '203.0.113.8',
    '2001:db8:1::7',
  ]);
  t.match(first, /^\S+ 1 UDP \d+ 203\.0\.113\.7 50001 typ host$/);
  t.match(second, /^\S+ 1 UDP \d+ 203\.0\.113\.8 50001 typ host$/);
  t.match(third, /^\S+ 1 UDP \d+ 2001:db8:1::7 50002 typ host$/);
  t.strictSame(rest, others, 'and the gathered ones follow');
  const all = [first, second, third, ...rest].map(line => line.split(' '));
  const priorities = all.map(([, , , priority]) => Number(priority));
  t.ok(priorities.slice(0, 3).every((priority, i) => priority > Math.max(...priorities.slice(i + 1))));
  t.ok(priorities.every(priority => priority >= 1 && priority < 2 ** 31));
  t.equal(new Set(all.map(([foundation]) => foundation)).size, all.length);
  t.ok(all.every(([foundation = '']) => /^[A-Za-z0-9+/]{1,32}$/.test(foundation)));
});

t.test('announcing has no effect without a host candidate', async t => {
  t.strictSame(candidatesOf(gathered.join('\n')), others);
  t.strictSame(candidatesOf('', ['203.0.113.7']), [], 'no port, no candidate');
  t.strictSame(
    candidatesOf(gathered.slice(2).join('\n'), ['203.0.113.7']).filter(line => line.includes('203.0.113.7')),
    [],
    'a relay needs none',
  );
});

t.test("an announced address that is this machine's own is listed once", async t => {
  const lines = candidatesOf(gathered.join('\n'), ['172.17.0.2', '172.17.0.2']);
  t.equal(lines.filter(line => / 172\.17\.0\.2 50001 typ host$/.test(line)).length, 1);
  t.match(lines[0], / 172\.17\.0\.2 50001 typ host$/);
});

const host = (address: string, port: number | string = 9, priority: number | string = 1): string =>
  `1 1 udp ${priority} ${address} ${port} typ host`;

t.test("a peer's candidate: only addresses, no names", t => {
  const addresses = [
    ...['192.0.2.3', '10.0.0.1', '127.0.0.1', '1.2.3.4', '223.255.255.255'],
    ...['2001:db8::1', '::1', 'fd00::', '1:2:3:4:5:6:7:8', '::ffff:192.0.2.3', 'FE80::1', '1::8', '1:2:3:4:5:6:7::'],
  ];
  for (const address of addresses) t.equal(usableCandidate(host(address)), `1 1 UDP 1 ${address} 9 typ host`, address);
  const others = [
    ...['0f3b1c1e-4a37-41b2-9d42-d2e0d3d2a111.local', 'example.com', 'localhost', 'a', '-', '.', ':'],
    ...['256.1.1.1', '1.2.3', '1.2.3.4.5', '1.2.3.04', '01.2.3.4', '0x7f.0.0.1', '2130706433', '1.2.3.4.', '1.2..4'],
    ...['0.0.0.0', '224.0.0.251', '239.255.255.250', '255.255.255.255', 'ff02::fb', '::'],
    ...[':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', '12345::1', 'g::1', '1:2'],
    ...['fe80::1%eth0', '[::1]', '::1.2.3', '1.2.3.4::', '192.0.2.3;rm', '192.0.2.3/8', ''],
  ];
  for (const address of others) t.equal(usableCandidate(host(address)), null, address);
  t.end();
});

t.test('ports, priorities, components and kinds', t => {
  for (const port of [1, 9, 65_535]) t.ok(usableCandidate(host('192.0.2.3', port)), `port ${port}`);
  for (const port of [0, 65_536, 99_999, 123_456, -1, '1e3', '', 'x'])
    t.equal(usableCandidate(host('192.0.2.3', port)), null, `port ${port}`);
  for (const priority of [0, 1, 4_294_967_295]) t.ok(usableCandidate(host('192.0.2.3', 9, priority)));
  for (const priority of [4_294_967_296, 99_999_999_999, -1, '1e3', 'x'])
    t.equal(usableCandidate(host('192.0.2.3', 9, priority)), null, `priority ${priority}`);
  for (const value of [
    '1 2 udp 1 192.0.2.3 9 typ host',
    '1 1 tcp 1 192.0.2.3 9 typ host tcptype active',
    '1 1 ssltcp 1 192.0.2.3 9 typ host',
    '1 1 udp 1 192.0.2.3 9 typ nonsense',
    '1 1 udp 1 192.0.2.3 9 host',
    `${'x'.repeat(33)} 1 udp 1 192.0.2.3 9 typ host`,
    'ä 1 udp 1 192.0.2.3 9 typ host',
    'candidate:1 1 udp 1 192.0.2.3 9 typ host',
    '',
  ])
    t.equal(usableCandidate(value), null, value);
  t.end();
});

t.test('a candidate is rewritten, without any other attributes', t => {
  const cases: [string, string][] = [
    ['1 1 UdP 1 192.0.2.3 9 typ HOST', '1 1 UDP 1 192.0.2.3 9 typ host'],
    ['1 1 udp 1 192.0.2.3 9 typ host generation 0 ufrag abcd network-cost 999', '1 1 UDP 1 192.0.2.3 9 typ host'],
    [
      '1 1 udp 1 192.0.2.3 9 typ relay raddr 198.51.100.4 rport 0 generation 0',
      '1 1 UDP 1 192.0.2.3 9 typ relay raddr 198.51.100.4 rport 0',
    ],
    ['1 1 udp 1 192.0.2.3 9 typ srflx raddr a.local rport 9', '1 1 UDP 1 192.0.2.3 9 typ srflx'],
    ['1 1 udp 1 192.0.2.3 9 typ srflx raddr 192.0.2.4 rport 65536', '1 1 UDP 1 192.0.2.3 9 typ srflx'],
  ];
  for (const [value, expected] of cases) t.equal(usableCandidate(value), expected, value);
  for (const end of ['\r\n', '\n', '\r', '\u2028'])
    for (const value of [
      `${host('192.0.2.3')}${end}`,
      `${host('192.0.2.3')} x${end}a=ice-lite`,
      `1${end} 1 udp 1 192.0.2.3 9 typ host`,
    ])
      t.equal(usableCandidate(value), null, encodeURIComponent(value));
  t.end();
});
