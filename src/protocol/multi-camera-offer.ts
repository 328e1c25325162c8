import { lines } from './sdp-for-webrtcbin.js';

/** The section of a camera in an offer. */
export interface OfferedCamera {
  camera: string;
  /** The mid of the section in the peer's offer. */
  mid: string;
  /** Of the stream, six hexadecimal digits (RFC 6184 §8.1). */
  profileLevelId: string;
}

/**
 * The offer of several cameras for a peer, made from webrtcbin's: each section has its profile and its camera's mid and
 * msid, and the best candidate comes first.
 * @param cameras in the order of the sections
 * @param candidates values of the `a=candidate` lines, in the first section only: all share one transport
 * @throws Error if webrtcbin's offer does not match
 */
export function composeMultiCameraOffer(
  webrtcbinOffer: string,
  cameras: readonly OfferedCamera[],
  candidates: readonly string[],
): string {
  const [session = '', ...sections] = webrtcbinOffer.split(/^(?=m=)/m);
  if (sections.length !== cameras.length)
    throw new Error(`webrtcbin offered ${sections.length} sections instead of ${cameras.length}`);
  const head = linesOf(session).map(line =>
    line.startsWith('a=group:BUNDLE ') ? `a=group:BUNDLE ${cameras.map(({ mid }) => mid).join(' ')}` : line,
  );
  const bodies = sections.map((section, index) => [
    ...linesOf(section).flatMap(line => rewritten(line, cameras[index] as OfferedCamera, sections)),
    ...(index === 0 ? candidates.map(candidate => `a=candidate:${candidate}`) : []),
  ]);
  return lines(...head, ...bodies.flat());
}

function rewritten(
  line: string,
  { camera, mid, profileLevelId }: OfferedCamera,
  sections: readonly string[],
): string[] {
  // No player needs these lines, and old ones do not know them.
  if (/^a=(candidate:|end-of-candidates|rtcp-mux-only)/.test(line)) return [];
  if (line.startsWith('a=mid:')) return [`a=mid:${mid}`];
  if (/^a=(sendrecv|sendonly)$/.test(line)) return ['a=sendonly'];
  // webrtcbin puts the names of this machine and of its user into them.
  const [, ssrc, attribute] = /^a=ssrc:(\d+) (msid|cname):/.exec(line) ?? [];
  if (ssrc !== undefined)
    return [attribute === 'cname' ? `a=ssrc:${ssrc} cname:bigfootbot` : `a=ssrc:${ssrc} msid:${camera} ${camera}`];
  const payloadType = /^a=rtpmap:(\d+) H264\//.exec(line)?.[1];
  if (payloadType === undefined) return [line];
  if (sections.some(section => new RegExp(`^a=fmtp:${payloadType} `, 'm').test(section)))
    throw new Error("unexpected parameters in webrtcbin's offer");
  return [
    line,
    `a=fmtp:${payloadType} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${profileLevelId}`,
  ];
}

const linesOf = (text: string): string[] => text.split(/\r?\n/).filter(line => line !== '');
