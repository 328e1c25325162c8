import { usableCandidate } from './candidate.js';

/**
 * The messages of the legacy signaling (port 8765): JSON objects with HELLO or OK, a description, or a candidate.
 * Descriptions have two dialects, `{"sdp":{"type":"offer","sdp":"v=0…"}}` and `{"type":"offer","sdp":"v=0…"}`.
 */
export type LegacyMessage =
  | { type: 'hello' }
  | { type: 'ok' }
  | { type: 'description'; kind: 'offer' | 'answer'; sdp: string; form: LegacyForm }
  /** The value of a usable `a=candidate` line; null for an unusable one, and for the end of candidates. */
  | { type: 'candidate'; value: string | null; section: number }
  /** Some other object. */
  | { type: 'unknown' };

export type LegacyForm = 'nested' | 'flat';

/** Characters of a message: an offer with many sections has some 20 kB. */
export const MAX_LEGACY_MESSAGE = 262_144;

/** @returns null for anything but a JSON object */
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

/** The mids of an answer, in order; sections without one are skipped. */
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
