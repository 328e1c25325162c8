import t from 'tap';
import { agree, carrierOf, PUBLISHABLE, type Stream } from '../../src/protocol/agreement.js';
import { parseOffer } from '../../src/protocol/offer.js';
import { readOffer } from '../helpers/fixtures.js';
import { audioSection, bundle, CAMERA, edited, errorOf, negotiate, plain, sectionsOf } from '../helpers/negotiation.js';

/** An offer of these formats, from 100 on, each as `NAME/RATE PARAMETERS`. */
const offering = (...formats: string[]): string =>
  edited(
    edited(plain, 'SAVPF 96', `SAVPF ${formats.map((_, index) => 100 + index).join(' ')}`),
    /a=rtpmap[\s\S]*/,
    formats
      .map((format, index) => {
        const [name, parameters] = format.split(' ');
        return `a=rtpmap:${100 + index} ${name}\r\n${parameters ? `a=fmtp:${100 + index} ${parameters}\r\n` : ''}`;
      })
      .join(''),
  );
const sendonly = (offer: string): string => offer.replaceAll('a=recvonly', 'a=sendonly');

t.test("a camera's own codec is preferred to its second one, wherever the offer lists it", t => {
  const both = offering('VP8/90000', 'H264/90000 packetization-mode=1;profile-level-id=42e01f');
  t.match(negotiate(both).agreement.video.codec, { name: 'H264', payloadType: 101 });
  t.match(negotiate(offering('VP9/90000', 'VP8/90000')).agreement.video.codec, { name: 'VP8', payloadType: 101 });
  const second = edited(sectionsOf(plain), 'mid:0', 'mid:b');
  t.equal(
    negotiate(bundle(sectionsOf(offering('VP8/90000')), second)).agreement.video.section.mid,
    'b',
    'also if another section has it',
  );
  t.end();
});

t.test('the formats of the other codecs: 8-bit ones that every browser supports', t => {
  const cases: [string, string[], string | null][] = [
    ['VP8', ['VP8/90000'], '100'],
    ['VP8', ['VP8/48000'], null],
    ['VP8', ['vp8/90000'], '100'],
    ['VP9', ['VP9/90000 profile-id=2', 'VP9/90000 profile-id=0'], '101'],
    ['VP9', ['VP9/90000'], '100'],
    ['VP9', ['VP9/90000 profile-id=2'], null],
    ['AV1', ['AV1/90000 level-idx=5;profile=1;tier=0', 'AV1/90000 level-idx=5;profile=0;tier=0'], '101'],
    ['AV1', ['AV1/90000'], '100'],
    ['H265', ['H265/90000 profile-id=2', 'H265/90000 level-id=93;tx-mode=SRST'], '101'],
    ['H265', ['H265/90000 profile-id=1'], '100'],
    ['H265', ['H265/90000 profile-id=2'], null],
    ['H264', ['H264/90000 packetization-mode=2;profile-level-id=42e01f'], null],
  ];
  for (const [codec, formats, expected] of cases) {
    const streams = [{ codec, profileLevelId: null }] as Stream[];
    const name = `${codec} of ${formats.join(', ')}`;
    if (expected === null) t.equal(errorOf(offering(...formats), 'watch', streams).code, 'no-common-codec', name);
    else
      t.equal(
        negotiate(offering(...formats), 'watch', streams).agreement.video.codec.payloadType,
        Number(expected),
        name,
      );
  }
  t.end();
});

t.test("the H.264 format with the stream's own profile is preferred", t => {
  const offer = parseOffer(
    offering(
      'H264/90000 packetization-mode=1;profile-level-id=42001f',
      'H264/90000 packetization-mode=1;profile-level-id=42e01f',
      'H264/90000 packetization-mode=1;profile-level-id=4d001f',
      'H264/90000 packetization-mode=1;profile-level-id=64001f',
      'H264/90000 packetization-mode=1;profile-level-id=640c1f',
    ),
    'watch',
  );
  const cases: [string | null, number][] = [
    ['42c028', 101],
    ['42d00b', 101],
    ['420028', 100],
    ['4d0028', 102],
    ['4d8028', 101],
    ['640028', 103],
    ['640c28', 104],
    [null, 101],
    ['f40028', 101],
  ];
  for (const [profileLevelId, expected] of cases)
    t.equal(
      agree(offer, [{ codec: 'H264', profileLevelId }], false).video.codec.payloadType,
      expected,
      `${profileLevelId}`,
    );
  t.end();
});

t.test('a publisher sends a format that every player supports, if it can', t => {
  const names = (...formats: string[]): string =>
    negotiate(sendonly(offering(...formats)), 'publish').agreement.video.codec.name;
  t.strictSame(
    PUBLISHABLE.map(({ codec }) => codec),
    ['H264', 'VP8', 'VP9', 'H265', 'AV1'],
  );
  const order = ['AV1/90000', 'H265/90000', 'VP9/90000', 'VP8/90000', 'H264/90000 packetization-mode=1'];
  for (let offered = 1; offered <= order.length; offered++)
    t.match(order[offered - 1], names(...order.slice(0, offered)), `of ${offered}`);
  t.end();
});

t.test('audio is negotiated if both sides have it', t => {
  const offer = parseOffer(bundle(sectionsOf(plain), audioSection), 'watch');
  t.match(agree(offer, CAMERA, true).audio, { section: { mid: 'a' }, codec: { name: 'OPUS', payloadType: 111 } });
  t.equal(agree(offer, CAMERA, false).audio, null);
  t.equal(agree(parseOffer(plain, 'watch'), CAMERA, true).audio, null);
  const two = bundle(edited(audioSection, 'opus', 'G722'), sectionsOf(plain), edited(audioSection, 'mid:a', 'mid:b'));
  t.equal(agree(parseOffer(two, 'watch'), CAMERA, true).audio?.section.mid, 'b', 'the first that has Opus');
  const rtx = `${edited(sectionsOf(plain), 'SAVPF 96', 'SAVPF 96 111')}a=rtpmap:111 rtx/90000\r\na=fmtp:111 apt=96\r\n`;
  t.equal(negotiate(bundle(rtx, audioSection)).agreement.audio, null, 'its payload type is that of retransmissions');
  t.end();
});

t.test('the section that carries the others is the first accepted one of the BUNDLE group', t => {
  const carrier = (text: string, hasAudio = true): string => {
    const offer = parseOffer(text, 'watch');
    return carrierOf(offer, agree(offer, CAMERA, hasAudio)).transport.ice.ufrag;
  };
  const video = sectionsOf(plain);
  t.equal(carrier(bundle(video, audioSection)), 'abcd');
  t.equal(carrier(bundle(audioSection, video)), 'audio', 'audio comes first');
  t.equal(carrier(bundle(audioSection, video), false), 'audio', 'also if it stays empty');
  t.equal(carrier(bundle(edited(audioSection, 'opus', 'G722'), video)), 'abcd', 'but is not accepted');
  t.equal(
    carrier(edited(bundle(video, audioSection), 'BUNDLE 0 a', 'BUNDLE a 0')),
    'audio',
    "the group's order counts",
  );
  const bundleOnly = (section: string): string => `${section.replace(/^(m=\w+) 9/, '$1 0')}a=bundle-only\r\n`;
  t.equal(carrier(bundle(bundleOnly(audioSection), video)), 'abcd', 'never one that is bundle-only');
  t.equal(carrier(plain), 'abcd', 'no bundle');
  t.end();
});

t.test('a missing codec is reported with the codecs of both sides', t => {
  t.match(errorOf(offering('VP9/90000')), {
    code: 'no-common-codec',
    message: 'The camera is available in H264, VP8; the offer has VP9',
    remedy: 'Use a player that receives H264, VP8.',
  });
  t.match(errorOf(sendonly(offering('theora/90000')), 'publish'), {
    code: 'no-common-codec',
    message: 'The offer has theora; accepted are H264, VP8, VP9, H265, AV1',
    remedy: 'Publish in H264, VP8, VP9, H265, AV1.',
  });
  const many = offering(...Array.from({ length: 28 }, (_, index) => `${'x'.repeat(1_000)}${index}/90000`));
  t.ok(errorOf(many).message.length < 400);
  t.match(errorOf(edited(plain, /a=rtpmap[\s\S]*/, '')).message, 'the offer has no codec');
  t.match(
    errorOf(readOffer('firefox-no-h264'), 'watch', [{ codec: 'H264', profileLevelId: null }]).message,
    'VP8, VP9, AV1',
  );
  t.end();
});
