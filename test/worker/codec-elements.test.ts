import t from 'tap';
import { CODECS, type CodecName } from '../../src/protocol/codecs.js';
import {
  CODEC_ELEMENTS,
  describeDepayloader,
  receivedCaps,
  sentStream,
} from '../../src/worker/encoding/codec-elements.js';
import { readFixture } from '../helpers/fixtures.js';

const names = Object.keys(CODECS) as CodecName[];

t.test('the elements of each negotiable codec', t => {
  t.strictSame(Object.keys(CODEC_ELEMENTS).sort(), [...names].sort(), 'both tables have the same codecs');
  const lines = new Map<string, string>();
  for (const codec of Object.keys(CODEC_ELEMENTS) as CodecName[]) {
    const { payloader, properties, caps } = sentStream(codec, { payloadType: 100, ssrc: 7, retransmit: true });
    lines.set(`${codec} sent`, `${payloader} ${properties} ! ${caps}`);
    lines.set(`${codec} received`, describeDepayloader(codec));
  }
  const golden = readFixture('golden/codecs.txt').trim().split('\n');
  t.strictSame([...lines].map(([name, line]) => `${name}: ${line}`).sort(), golden.sort());
  t.end();
});

t.test('retransmissions are enabled as negotiated', t => {
  for (const retransmit of [true, false])
    t.equal(sentStream('H264', { payloadType: 96, ssrc: 1, retransmit }).retransmit, retransmit);
  t.end();
});

t.test('an SSRC above 2^31 is not negative, and all are written as decimals', t => {
  const { properties, caps } = sentStream('VP8', { payloadType: 127, ssrc: 4_294_967_294, retransmit: false });
  t.match(properties, ' ssrc=4294967294 ');
  t.match(caps, /,ssrc=\(uint\)4294967294$/);
  t.end();
});

t.test("caps name the codec as GStreamer does, with SDP's clock rate", t => {
  for (const codec of names) {
    const [, encoding = '', rate] = /^([^/]+)\/(\d+)/.exec(CODECS[codec].rtpmap) ?? [];
    t.match(
      receivedCaps(codec, { payloadType: 96, extensions: [] }),
      new RegExp(`encoding-name=${encoding.toUpperCase()},clock-rate=${rate},payload=96$`),
      codec,
    );
  }
  t.end();
});

t.test("a publisher's header extensions are in the caps, as strings", t => {
  const extensions = [
    { id: 3, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' },
    { id: 5, uri: 'http://example.com/x' },
  ];
  t.equal(
    receivedCaps('OPUS', { payloadType: 111, extensions }),
    'application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=111,' +
      'extmap-3=(string)"urn:ietf:params:rtp-hdrext:sdes:mid",extmap-5=(string)"http://example.com/x"',
  );
  t.end();
});
