import fc from 'fast-check';
import t from 'tap';
import { parseOffer } from '../../src/protocol/offer.js';
import { composeWhepOffer } from '../../src/protocol/whep-offer.js';
import { readOffer } from '../helpers/fixtures.js';
import { changed, changes } from '../helpers/mutated-offer.js';

const recv = readOffer('recv');
const withCandidates = (...candidates: string[]): string =>
  recv.replace(/a=candidate.*\r\n/g, '') + candidates.map(line => `a=candidate:${line}\r\n`).join('');
const candidatesOf = (sdp: string): string[] =>
  [...sdp.matchAll(/^a=candidate:(.*)\r$/gm)].map(([, value = '']) => value);

t.test('the offer to a server: H.264 in three profiles, to receive', t => {
  const offer = composeWhepOffer(recv);
  t.equal(offer, recv, 'it is the recorded one');
  for (const [payloadType, profile] of [
    [96, '42e01f'],
    [98, '4d001f'],
    [100, '64001f'],
  ]) {
    const [, parameters = ''] = new RegExp(`^a=fmtp:${payloadType} (.*)\r$`, 'm').exec(offer) ?? [];
    t.strictSame(
      parameters.split(';').sort(),
      ['level-asymmetry-allowed=1', 'packetization-mode=1', `profile-level-id=${profile}`],
      `${payloadType}`,
    );
  }
  t.match(offer, /^a=recvonly\r$/m);
  t.match(offer, /^a=rtcp-fb:96 nack pli\r$/m);
  const { video, audio, sections } = parseOffer(offer, 'watch');
  t.equal(sections.length, 1);
  t.equal(audio.length, 0);
  t.strictSame(
    video[0]?.codecs.map(({ name, payloadType, rtxPayloadType }) => [name, payloadType, rtxPayloadType]),
    [
      ['H264', 96, 97],
      ['H264', 98, null],
      ['H264', 100, null],
    ],
  );
  t.end();
});

t.test('candidates: the usable ones, the best first, and IPv4 before IPv6', t => {
  const offer = composeWhepOffer(
    withCandidates(
      '1 1 TCP 1010827519 192.0.2.2 49137 typ host tcptype passive',
      '2 1 UDP 2015363839 fe80::1 45192 typ host',
      '3 1 UDP 2015363583 2001:db8::2 60934 typ host',
      '4 1 UDP 1677722111 203.0.113.9 54279 typ srflx raddr 192.0.2.2 rport 54279',
      '5 1 UDP 2015363327 192.0.2.2 54279 typ host',
      '5 1 UDP 2015363327 192.0.2.2 54279 typ host',
    ),
  );
  t.strictSame(candidatesOf(offer), [
    '5 1 UDP 2015363327 192.0.2.2 54279 typ host',
    '4 1 UDP 1677722111 203.0.113.9 54279 typ srflx raddr 192.0.2.2 rport 54279',
    '3 1 UDP 2015363583 2001:db8::2 60934 typ host',
  ]);
  t.strictSame(candidatesOf(composeWhepOffer(withCandidates())), [], 'none at all');
  t.notMatch(composeWhepOffer(`${recv}a=end-of-candidates\r\n`), 'end-of-candidates');
  t.end();
});

t.test('everything else is unchanged, with an end on every line', async () => {
  fc.assert(
    fc.property(changes, list => {
      const text = changed(recv, list, 65_536);
      const rest = (sdp: string): string[] =>
        sdp.split(/\r?\n/).filter(line => !/^(a=candidate|a=end-of|$)/.test(line));
      const offer = composeWhepOffer(text);
      return offer.endsWith('\r\n') && JSON.stringify(rest(offer)) === JSON.stringify(rest(text));
    }),
    { numRuns: 500 },
  );
});
