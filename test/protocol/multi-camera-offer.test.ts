import fc from 'fast-check';
import { parse } from 'sdp-transform';
import t from 'tap';
import { AnswerError, answerForWebrtcbin } from '../../src/protocol/answer-for-webrtcbin.js';
import { composeMultiCameraOffer } from '../../src/protocol/multi-camera-offer.js';
import { readFixture } from '../helpers/fixtures.js';
import { changed, changes } from '../helpers/mutated-offer.js';

const MIDS = ['n1c0', 'n1c1'];
const made = readFixture('bundles/webrtcbin-offer.sdp');
const CANDIDATE = '1 1 UDP 2015363327 192.0.2.2 45222 typ host';
const CAMERAS = [
  { camera: 'front', mid: 'n1c0', profileLevelId: '42c01f' },
  { camera: 'rear', mid: 'n1c1', profileLevelId: '64001f' },
];

t.test('an offer of two cameras names the camera of each section', t => {
  const offer = composeMultiCameraOffer(made, CAMERAS, [CANDIDATE]);
  const { groups, media } = parse(offer);
  t.strictSame(groups, [{ type: 'BUNDLE', mids: 'n1c0 n1c1' }]);
  t.match(media, [
    {
      mid: 'n1c0',
      direction: 'sendonly',
      fmtp: [{ payload: 96, config: /profile-level-id=42c01f$/ }, { payload: 97 }],
    },
    {
      mid: 'n1c1',
      direction: 'sendonly',
      fmtp: [{ payload: 96, config: /profile-level-id=64001f$/ }, { payload: 97 }],
    },
  ]);
  t.strictSame(
    media.map(({ ssrcs = [] }) => [...new Set(ssrcs.map(({ attribute, value }) => `${attribute} ${value}`))]),
    [
      ['msid front front', 'cname bigfootbot'],
      ['msid rear rear', 'cname bigfootbot'],
    ],
  );
  t.strictSame(
    offer.match(/^a=candidate:.*$/gm)?.map(line => line.trim()),
    [`a=candidate:${CANDIDATE}`],
    'the given ones, once',
  );
  t.notMatch(offer, /user1|host-0/, 'no detail of this machine');
  t.ok(offer.split('\r\n').every(line => !line.includes('\n')));
  t.throws(() => composeMultiCameraOffer(made, CAMERAS.slice(1), []), /2 sections instead of 1/);
  t.end();
});

const accepted = (answer: string, mids: readonly string[] = MIDS): string =>
  answerForWebrtcbin(answer, made, { name: 'receiver', direction: 'recvonly', mids });

for (const receiver of ['webrtcbin', 'chromium']) {
  const answer = readFixture(`bundles/${receiver}-receiver.sdp`);
  t.test(`the answer of ${receiver}`, t => {
    const taken = parse(accepted(answer));
    t.strictSame(taken.groups, [{ type: 'BUNDLE', mids: 'video0 video1' }], 'with the names of the sections used here');
    for (const media of taken.media) {
      t.match(media, { direction: 'recvonly', rtp: [{ payload: 96, codec: 'H264' }], setup: 'active', port: 9 });
      t.equal(media.iceUfrag, parse(answer).media[0]?.iceUfrag);
    }
    t.notMatch(accepted(answer), /\.local/);
    t.end();
  });

  t.test(`${receiver} that rejects one of them`, t => {
    for (const no of [
      (text: string) => text.replace('a=recvonly', 'a=inactive'),
      (text: string) => text.replace('m=video 9', 'm=video 0'),
      (text: string) => text.replace('a=rtpmap:96 H264', 'a=rtpmap:96 VP8'),
    ]) {
      const { media } = parse(accepted(no(answer)));
      t.strictSame(
        media.map(({ direction }) => direction),
        ['inactive', 'recvonly'],
      );
    }
    const both = answer.replaceAll('a=recvonly', 'a=inactive');
    t.throws(() => accepted(both), { code: 'no-common-codec', message: /receiver does not accept H\.264 video/ });
    t.throws(() => accepted(answer.replaceAll('a=recvonly', 'a=sendonly')), {
      code: 'invalid-sdp',
      message: /receives no video/,
    });
    t.throws(() => accepted(answer.replaceAll('a=setup:active', 'a=setup:actpass')), /only an offer/);
    t.end();
  });

  t.test(`the names of the sections, of ${receiver}`, t => {
    t.ok(accepted(answer.replaceAll(/^a=mid:.*\r?\n/gm, '')), 'left out: by position');
    t.throws(() => accepted(answer, ['n2c0', 'n2c1']), { code: 'invalid-sdp' }, 'of another offer');
    const turned = answer.replaceAll('n1c0', 'x').replaceAll('n1c1', 'n1c0').replaceAll('x', 'n1c1');
    t.strictSame(
      parse(accepted(turned)).media.map(({ mid }) => mid),
      ['video0', 'video1'],
      'in another order',
    );
    t.end();
  });

  t.test(`any change of the answer of ${receiver}`, async () => {
    fc.assert(
      fc.property(changes, list => {
        try {
          const text = accepted(changed(answer, list, 65_536));
          if (parse(text).media.length !== 2) throw new Error('another number of sections');
        } catch (error) {
          if (!(error instanceof AnswerError)) throw error;
        }
      }),
      { numRuns: 2_000 },
    );
  });
}
