import { usableCandidate } from './candidate.js';
import { ICE_PWD, ICE_UFRAG, type IceCredentials } from './ice-credentials.js';
import { MID } from './mid.js';

/** An SDP fragment of trickle ICE, `application/trickle-ice-sdpfrag` (RFC 8840 §4.4, §9). */
export interface SdpFragment {
  /** The part before the first m-line; the default for all sections. */
  session: IceUpdate;
  sections: readonly FragmentSection[];
}

export interface FragmentSection extends IceUpdate {
  /** `audio`, `video`, … */
  kind: string;
  mid: string | null;
}

export interface IceUpdate {
  /** Null if omitted: then it belongs to the only ICE session. */
  ufrag: string | null;
  pwd: string | null;
  /** Values of the usable `a=candidate` lines, without extensions. */
  candidates: readonly string[];
  endOfCandidates: boolean;
}

/** An invalid fragment; `code` is the problem's code in the contract. */
export class SdpFragmentError extends Error {
  readonly code = 'invalid-sdpfrag';
  readonly remedy = 'Send lines such as "a=ice-ufrag:…", "m=video 9 RTP/AVP 0", "a=mid:0", "a=candidate:…" (RFC 8840).';
}

/** Characters. Twenty candidates are 3,000. */
export const MAX_FRAGMENT = 16_384;
const MAX_SECTIONS = 32;
const LINE = /^([a-z])=(\P{Cc}*)$/u;
const KIND = /^([A-Za-z0-9-]{1,32}) /;

type Writable<T> = { -readonly [Key in keyof T]: T[Key] extends readonly string[] ? string[] : T[Key] };

/**
 * Parses a fragment. Lines and attributes that are unrelated to ICE are ignored, and so are unusable candidates: many
 * clients send slightly more, or less, than RFC 8840 specifies.
 * @throws SdpFragmentError
 */
export function parseFragment(text: string): SdpFragment {
  if (text.length > MAX_FRAGMENT) throw invalid(`it is longer than ${MAX_FRAGMENT} characters`);
  const session: Writable<IceUpdate> = { ...NOTHING, candidates: [] };
  const sections: Writable<FragmentSection>[] = [];
  const lines = text.split(/\r?\n/).map((line, index) => ({ line, number: index + 1 }));
  const nonEmpty = lines.filter(({ line }) => line !== '');
  if (nonEmpty.length === 0) throw invalid('it is empty');
  for (const { line, number } of nonEmpty) {
    const [, type, value = ''] = LINE.exec(line) ?? [];
    if (type === undefined) throw invalid(`line ${number} is not of the form "a=…" or "m=…"`);
    if (type === 'm') {
      const kind = KIND.exec(value)?.[1];
      if (kind === undefined) throw invalid(`line ${number} is not a valid m-line`);
      if (sections.length >= MAX_SECTIONS) throw invalid(`it has more than ${MAX_SECTIONS} sections`);
      sections.push({ kind, mid: null, ...NOTHING, candidates: [] });
    } else if (type === 'a') {
      readAttribute(value, sections.at(-1) ?? session, number);
    }
  }
  return { session, sections };
}

const NOTHING = { ufrag: null, pwd: null, endOfCandidates: false } as const;

function readAttribute(text: string, into: Writable<IceUpdate> | Writable<FragmentSection>, line: number): void {
  const [, name, value = ''] = /^([^:]*)(?::(.*))?$/.exec(text.trim()) ?? [];
  switch (name) {
    case 'ice-ufrag':
      if (!ICE_UFRAG.test(value))
        throw invalid(`the a=ice-ufrag in line ${line} does not have 4 to 256 ICE characters`);
      into.ufrag = value;
      break;
    case 'ice-pwd':
      if (!ICE_PWD.test(value)) throw invalid(`the a=ice-pwd in line ${line} does not have 22 to 256 ICE characters`);
      into.pwd = value;
      break;
    case 'mid':
      if (!MID.test(value)) throw invalid(`the a=mid in line ${line} is not a token of at most 64 characters`);
      if ('mid' in into) into.mid = value;
      break;
    case 'candidate': {
      const usable = usableCandidate(value);
      if (usable !== null) into.candidates.push(usable);
      break;
    }
    case 'end-of-candidates':
      into.endOfCandidates = true;
  }
}

/**
 * The candidates that a fragment adds to an ICE session; null if it requests an ICE restart, which only new credentials
 * indicate (RFC 8839 §4.4.3.1.1).
 * @param known the credentials of the session's offer
 */
export function candidatesFor({ session, sections }: SdpFragment, known: readonly IceCredentials[]): string[] | null {
  const usesSession = sections.length === 0 || session.candidates.length > 0;
  const updates = [
    ...(usesSession ? [session] : []),
    ...sections.map(section => ({
      ...section,
      ufrag: section.ufrag ?? session.ufrag,
      pwd: section.pwd ?? session.pwd,
    })),
  ];
  const current = updates.filter(({ ufrag, pwd }) =>
    known.some(pair => (ufrag ?? pair.ufrag) === pair.ufrag && (pwd ?? pair.pwd) === pair.pwd),
  );
  // Without duplicates: some clients repeat every candidate for each section of the BUNDLE group.
  return current.length === 0 ? null : [...new Set(current.flatMap(({ candidates }) => candidates))];
}

function invalid(what: string): SdpFragmentError {
  return new SdpFragmentError(`The SDP fragment cannot be used: ${what}.`);
}
