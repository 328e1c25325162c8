import { usableCandidate } from './candidate.js';

/**
 * The messages of the system's first signaling (port 8765): JSON objects that say HELLO and OK, carry a description, or a
 * candidate. Descriptions come in two dialects, `{"sdp":{"type":"offer","sdp":"v=0…"}}` and `{"type":"offer","sdp":"v=0…"}`.
 */
export type LegacyMessage =
  | { type: 'hello' }
  | { type: 'ok' }
  | { type: 'description'; kind: 'offer' | 'answer'; sdp: string; form: LegacyForm }
  /** The value of an `a=candidate` line that can be used; null for one that cannot, and for the end of the list. */
  | { type: 'candidate'; value: string | null; section: number }
  /** Some other object. */
  | { type: 'unknown' };

export type LegacyForm = 'nested' | 'flat';

/** Of a message: an offer with many sections is some 20 kB. */
export const MAX_LEGACY_MESSAGE = 262_144;

/** @returns null for whatever is no JSON object */
export function parseLegacyMessage(text: string): LegacyMessage | null {
  if (text.length > MAX_LEGACY_MESSAGE) return null;
  const message = objectIn(text);
  if (!message) return null;
  if (message.status === 'HELLO') return { type: 'hello' };
  if (message.status === 'OK') return { type: 'ok' };
  if (isObject(message.ice)) return candidateIn(message.ice);
  if (isObject(message.sdp)) return descriptionIn(message.sdp, 'nested');
  return descriptionIn(message, 'flat');
}

/** What an answer calls its sections, in their order; those without a name are left out. */
export function midsOf(sdp: string): string[] {
  return [...sdp.matchAll(/^a=mid:(\S+)\s*$/gm)].map(([, mid = '']) => mid);
}

export const HELLO = '{"status":"HELLO"}';
export const OK = '{"status":"OK"}';

export function formatDescription(kind: 'offer' | 'answer', sdp: string, form: LegacyForm): string {
  const description = { type: kind, sdp };
  return JSON.stringify(form === 'nested' ? { sdp: description } : description);
}

/** @param value of an `a=candidate` line */
export function formatCandidate(value: string, section = 0): string {
  return JSON.stringify({ ice: { candidate: `candidate:${value}`, sdpMLineIndex: section } });
}

function descriptionIn({ type, sdp }: Record<string, unknown>, form: LegacyForm): LegacyMessage {
  if ((type !== 'offer' && type !== 'answer') || typeof sdp !== 'string') return { type: 'unknown' };
  return { type: 'description', kind: type, sdp, form };
}

function candidateIn({ candidate, sdpMLineIndex }: Record<string, unknown>): LegacyMessage {
  if (typeof candidate !== 'string') return { type: 'unknown' };
  const section = typeof sdpMLineIndex === 'number' && Number.isInteger(sdpMLineIndex) ? sdpMLineIndex : 0;
  return { type: 'candidate', value: usableCandidate(candidate.replace(/^(a=)?candidate:/, '')), section };
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
