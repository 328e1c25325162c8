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
