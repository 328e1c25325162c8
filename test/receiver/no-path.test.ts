import t from 'tap';
import { noPath } from '../../src/receiver/no-path.js';
import { readFixture, readOffer } from '../helpers/fixtures.js';

const candidates = (...values: string[]): string => values.map(value => `a=candidate:${value}\r\n`).join('');
const host = (n: number): string => `${n} 1 UDP 1 192.0.2.${n} 9 typ host`;

t.test('no network path: what was tried, and what to check', t => {
  const failure = noPath('robot:8765', { local: readOffer('recv'), remote: readFixture('answers/go2rtc.sdp') });
  t.equal(failure.code, 'no-path');
  t.equal(
    failure.message,
    'no network path for the video to robot:8765; tried from 192.0.2.2:41050, [2001:db8::2]:46809 here to ' +
      '192.0.2.11:8555, 198.51.100.11:8555 (srflx) there',
  );
  t.match(failure.remedy, /Allow UDP between.*TURN server on the robot.*"doctor"/);
  t.equal(failure.isTransient, false);
  t.end();
});

t.test('other cases', t => {
  const many = candidates(...[1, 2, 3, 4, 5, 6].map(host));
  t.match(noPath('h', { local: many, remote: many }).message, /192\.0\.2\.4:9 and 2 more here to .* and 2 more there$/);
  const none = noPath('h', { local: many, remote: candidates('1 1 TCP 1 192.0.2.1 9 typ host tcptype passive') });
  t.match(none.message, /to no address there$/);
  t.match(none.remedy, /sent no usable candidate/);
  const relayed = noPath('h', {
    local: candidates('1 1 UDP 1 192.0.2.1 9 typ relay raddr 0.0.0.0 rport 0'),
    remote: many,
  });
  t.match(relayed.message, '192.0.2.1:9 (relay) here');
  t.notMatch(relayed.remedy, 'TURN', 'there is one');
  t.match(
    noPath('h', { local: '', remote: candidates('1 2 UDP 1 192.0.2.1 9 typ host') }).message,
    /from no address here to no address/,
  );
  t.notMatch(noPath('h', { local: many, remote: candidates('1 1 udp 1 \u001b[2J 9 typ host') }).message, '\u001b');
  const began = performance.now();
  t.ok(noPath('h', { local: candidates(`${'1 1 udp '.repeat(100_000)}`), remote: many.repeat(5_000) }));
  t.ok(performance.now() - began < 20_000);
  t.end();
});
