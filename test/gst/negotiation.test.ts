import fc from 'fast-check';
import t from 'tap';
import type { IceAgentSettings } from '../../src/domain/ice.js';
import { Gst } from '../../src/gst/native.js';
import { PUBLISHABLE } from '../../src/protocol/agreement.js';
import { composeAnswer } from '../../src/protocol/answer.js';
import type { CodecName } from '../../src/protocol/codecs.js';
import { OfferError, type Purpose, parseOffer } from '../../src/protocol/offer.js';
import { requestFor } from '../../src/server/media/negotiation.js';
import { CODEC_ELEMENTS } from '../../src/worker/encoding/codec-elements.js';
import { Viewer } from '../../src/worker/sessions/viewer.js';
import { Publication } from '../../src/worker/sources/publication.js';
import { readOffer } from '../helpers/fixtures.js';
import { mutatedOffer } from '../helpers/mutated-offer.js';
import { CAMERA, CLIENTS, type Negotiated, negotiate, sectionsOf } from '../helpers/negotiation.js';
import { strangeAnswerLines } from '../helpers/written-sdp.js';

// The real webrtcbin, in this process: if it aborts, the test ends.

const RUNS = 200;

const events = { connected: () => undefined, ended: () => undefined, stats: () => undefined };

const installed = (codec: CodecName): boolean => {
  const { payloader, depayloader } = CODEC_ELEMENTS[codec];
  return [payloader, depayloader].every(element => Gst.ElementFactory.find(element) !== null);
};

const ice: IceAgentSettings = {
  stunServer: null,
  turnServers: [],
  udpPorts: null,
  addresses: null,
  announce: [],
  gatheringMs: 250,
};

async function answerOf({ offer, agreement }: Negotiated): Promise<string> {
  const type = offer.purpose === 'watch' ? 'join' : 'publish';
  const request = requestFor(type, { session: 's', requestId: 'r', offer, agreement, ice });
  const peer =
    type === 'join'
      ? new Viewer({ ...request, baseTime: 0n, idleMs: () => 0, keyframes: null }, events)
      : new Publication({ ...request, events, baseTime: 0n });
  try {
    return await peer.answer(request.offer);
  } finally {
    peer.close();
  }
}

t.test('webrtcbin accepts the offer of every client, and answers each agreed section', async t => {
  for (const client of CLIENTS) {
    for (const purpose of ['watch', 'publish'] as Purpose[]) {
      const text = readOffer(client);
      if (!(purpose === 'watch' ? /^a=(recvonly|sendrecv)/m : /^a=(sendonly|sendrecv)/m).test(sectionsOf(text)))
        continue;
      const names = parseOffer(text, purpose).video.flatMap(({ codecs }) => codecs.map(({ name }) => name));
      for (const { codec } of (purpose === 'watch' ? CAMERA : PUBLISHABLE).filter(
        ({ codec }) => names.includes(codec) && installed(codec),
      )) {
        const name = `${client}: ${purpose} ${codec}`;
        const negotiated = negotiate(text, purpose, [{ codec, profileLevelId: null }]);
        const webrtcbin = await answerOf(negotiated);
        const { offer, agreement } = negotiated;
        const answer = composeAnswer(offer, agreement, webrtcbin, { profileLevelId: null });
        t.strictSame(strangeAnswerLines(answer), [], name);
        t.equal(answer.match(/^a=(sendonly|recvonly)/gm)?.length, agreement.audio ? 2 : 1, name);
        t.equal(/^a=rtpmap:\d+ rtx/m.test(answer), agreement.video.codec.rtxPayloadType !== null, `${name}: rtx`);
      }
    }
  }
});

t.test('webrtcbin answers every offer that is accepted', async t => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(mutatedOffer, async ({ text, purpose }) => {
      let negotiated: Negotiated;
      try {
        negotiated = negotiate(
          text,
          purpose,
          purpose === 'watch' ? CAMERA : PUBLISHABLE.filter(({ codec }) => installed(codec)),
        );
      } catch (error) {
        if (error instanceof OfferError) return;
        throw error;
      }
      const { offer, agreement } = negotiated;
      const answer = composeAnswer(offer, agreement, await answerOf(negotiated), { profileLevelId: '42c01f' });
      const strange = strangeAnswerLines(answer);
      if (strange.length > 0) throw new Error(`the peer would see ${JSON.stringify(strange)}`);
      answered++;
    }),
    { numRuns: RUNS },
  );
  t.ok(answered > RUNS / 10, `enough were accepted to be significant: ${answered}`);
});
