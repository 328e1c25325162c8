import { usableCandidate } from './candidate.js';
import { ICE_PWD, ICE_UFRAG, type IceCredentials } from './ice-credentials.js';
import { MID } from './mid.js';

/** An SDP fragment, as trickled in `application/trickle-ice-sdpfrag` (RFC 8840 §4.4, §9). */
export interface SdpFragment {
  /** What stands before the first m-line; it holds for all sections that say nothing else. */
  session: IceUpdate;
  sections: readonly FragmentSection[];
}

export interface FragmentSection extends IceUpdate {
  /** `audio`, `video`, … */
  kind: string;
  mid: string | null;
}

export interface IceUpdate {
  /** Null where it is left out: then it is of the only ICE session that there is. */
  ufrag: string | null;
  pwd: string | null;
  /** Values of `a=candidate` lines without their extensions; of those read, only the usable ones. */
  candidates: readonly string[];
  endOfCandidates: boolean;
}

/** A fragment that cannot be read; `code` is the problem's code in the contract. */
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
 * Reads a fragment. Lines and attributes that say nothing of ICE are passed over, and so is a candidate that no session
 * could use: many clients send a bit more, or less, than RFC 8840 has.
 * @throws SdpFragmentError
 */
export function parseFragment(text: string): SdpFragment {
  if (text.length > MAX_FRAGMENT) throw invalid(`it is longer than ${MAX_FRAGMENT} characters`);
  const session: Writable<IceUpdate> = { ...NOTHING, candidates: [] };
  const sections: Writable<FragmentSection>[] = [];
  const lines = text.split(/\r?\n/).map((line, index) => ({ line, number: index + 1 }));
  const said = lines.filter(({ line }) => line !== '');
  if (said.length === 0) throw invalid('it is empty');
  for (const { line, number } of said) {
    const [, type, value = ''] = LINE.exec(line) ?? [];
    if (type === undefined) throw invalid(`line ${number} is not of the form "a=…" or "m=…"`);
    if (type === 'm') {
      const kind = KIND.exec(value)?.[1];
      if (kind === undefined) throw invalid(`line ${number} is no m-line`);
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
      if (!ICE_UFRAG.test(value)) throw invalid(`the a=ice-ufrag in line ${line} is not of 4 to 256 ICE characters`);
      into.ufrag = value;
      break;
    case 'ice-pwd':
      if (!ICE_PWD.test(value)) throw invalid(`the a=ice-pwd in line ${line} is not of 22 to 256 ICE characters`);
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
 * The candidates that a fragment brings to an ICE session; null where it asks for another one: an ICE restart is marked
 * by new credentials (RFC 8839 §4.4.3.1.1), and by nothing else.
 * @param known the credentials of the session's offer
 */
export function candidatesFor({ session, sections }: SdpFragment, known: readonly IceCredentials[]): string[] | null {
  const speaks = sections.length === 0 || session.candidates.length > 0;
  const updates = [
    ...(speaks ? [session] : []),
    ...sections.map(section => ({
      ...section,
      ufrag: section.ufrag ?? session.ufrag,
      pwd: section.pwd ?? session.pwd,
    })),
  ];
  const current = updates.filter(({ ufrag, pwd }) =>
    known.some(pair => (ufrag ?? pair.ufrag) === pair.ufrag && (pwd ?? pair.pwd) === pair.pwd),
  );
  // Once each: some clients say every candidate again for each section of the bundle.
  return current.length === 0 ? null : [...new Set(current.flatMap(({ candidates }) => candidates))];
}

function invalid(what: string): SdpFragmentError {
  return new SdpFragmentError(`The SDP fragment cannot be used: ${what}.`);
}
