import fc from 'fast-check';
import t from 'tap';
import { agree, PUBLISHABLE } from '../../src/protocol/agreement.js';
import { composeAnswer } from '../../src/protocol/answer.js';
import { OfferError, parseOffer } from '../../src/protocol/offer.js';
import { offerForWebrtcbin } from '../../src/protocol/sdp-for-webrtcbin.js';
import { mutatedOffer } from '../helpers/mutated-offer.js';
import { answerTo, CAMERA } from '../helpers/negotiation.js';
import { strangeAnswerLines, strangeOfferLines } from '../helpers/written-sdp.js';

const RUNS = 10_000;
/** Maximum length of an offer for webrtcbin: 64 candidates, and two sections of some lines. */
const MAX_FOR_WEBRTCBIN = 16_384;

// A slow run, as by a regular expression that backtracks, is ended by the test's time limit.
t.test('any offer gives an OfferError, or an offer for webrtcbin and an answer of known lines', t => {
  const accepted = { watch: 0, publish: 0 };
  // On a failure it prints the seed, and the smallest change that shows it.
  fc.assert(
    fc.property(mutatedOffer, ({ text: offered, purpose }) => {
      try {
        const offer = parseOffer(offered, purpose);
        const agreement = agree(offer, purpose === 'watch' ? CAMERA : PUBLISHABLE, true);
        const given = offerForWebrtcbin(offer, agreement);
        expectNothingStrange('webrtcbin', strangeOfferLines(given));
        if (given.length > MAX_FOR_WEBRTCBIN) throw new Error(`webrtcbin would see ${given.length} characters`);
        if (/^m=audio[\s\S]*^m=video/m.test(given)) throw new Error('video does not come first');
        const answer = composeAnswer(offer, agreement, answerTo(given), { profileLevelId: '42c01f' });
        expectNothingStrange('the peer', strangeAnswerLines(answer));
        if (answer.length > offered.length + MAX_FOR_WEBRTCBIN)
          throw new Error(`${answer.length} characters of answer`);
        accepted[purpose]++;
      } catch (error) {
        if (!(error instanceof OfferError)) throw error;
        if (error.message.length > 500) throw new Error(`an error in ${error.message.length} characters`);
      }
    }),
    { numRuns: RUNS },
  );
  for (const purpose of ['watch', 'publish'] as const)
    t.ok(accepted[purpose] > RUNS / 20, `enough were accepted to be significant: ${purpose} ${accepted[purpose]}`);
  t.end();
});

function expectNothingStrange(who: string, lines: readonly string[]): void {
  if (lines.length > 0) throw new Error(`${who} would see ${JSON.stringify(lines).slice(0, 2_000)}`);
}
