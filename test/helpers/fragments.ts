import type { IceUpdate, SdpFragment } from '../../src/protocol/sdp-fragment.js';
import { readFixture } from './fixtures.js';

/** What a client trickles: see test/fixtures/fragments/README.md. */
export const readFragment = (client: string): string => readFixture(`fragments/${client}.sdpfrag`);

/** A fragment as the sender of the offer would send it: with its ICE credentials. */
export const withCredentials = (fragment: string, offer: string): string =>
  fragment
    .replace(/a=ice-ufrag:.*/, /a=ice-ufrag:.*/.exec(offer)?.[0] ?? '')
    .replace(/a=ice-pwd:.*/, /a=ice-pwd:.*/.exec(offer)?.[0] ?? '');

/** The text of a fragment; the inverse of parseFragment. */
export function formatFragment({ session, sections }: SdpFragment): string {
  return [
    ...updateLines(session),
    ...sections.flatMap(section => [
      // The m-line only carries candidates; its port, protocol and format mean nothing (RFC 8840 §9.2).
      `m=${section.kind} 9 RTP/AVP 0`,
      ...(section.mid === null ? [] : [`a=mid:${section.mid}`]),
      ...updateLines(section),
    ]),
  ]
    .map(line => `${line}\r\n`)
    .join('');
}

function updateLines({ ufrag, pwd, candidates, endOfCandidates }: IceUpdate): string[] {
  return [
    ...(ufrag === null ? [] : [`a=ice-ufrag:${ufrag}`]),
    ...(pwd === null ? [] : [`a=ice-pwd:${pwd}`]),
    ...candidates.map(candidate => `a=candidate:${candidate}`),
    ...(endOfCandidates ? ['a=end-of-candidates'] : []),
  ];
}
