import { createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from './crc32.js';

/** The part of STUN (RFC 8489) and TURN (RFC 8656) needed to check whether a server answers and accepts credentials. */
export interface StunMessage {
  method: number;
  kind: 'request' | 'indication' | 'success' | 'error';
  /** 12 bytes that the response repeats. */
  transaction: Buffer;
  attributes: readonly StunAttribute[];
}

export interface StunAttribute {
  type: number;
  value: Buffer;
}

export const METHOD = { binding: 0x001, allocate: 0x003, refresh: 0x004 } as const;

export const ATTRIBUTE = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  lifetime: 0x000d,
  realm: 0x0014,
  nonce: 0x0015,
  xorRelayedAddress: 0x0016,
  requestedTransport: 0x0019,
  fingerprint: 0x8028,
} as const;

const MAGIC_COOKIE = 0x2112a442;
const FINGERPRINT_XOR = 0x5354554e;
const HEADER = 20;
const KINDS = ['request', 'indication', 'success', 'error'] as const;

/** @param key of the long-term credentials: adds a MESSAGE-INTEGRITY */
export function encodeStun({ method, kind, transaction, attributes }: StunMessage, key?: Buffer): Buffer {
  let message = Buffer.alloc(HEADER);
  const kindBits = KINDS.indexOf(kind);
  // The two class bits are interleaved with those of the method (RFC 8489 §5).
  const methodBits = (method & 0xf) | ((method & 0x70) << 1) | ((method & 0xf80) << 2);
  message.writeUInt16BE(methodBits | ((kindBits & 1) << 4) | ((kindBits & 2) << 7), 0);
  message.writeUInt32BE(MAGIC_COOKIE, 4);
  transaction.copy(message, 8);
  const append = (type: number, make: (before: Buffer) => Buffer, size: number): void => {
    const padded = (size + 3) & ~3;
    // Integrity and fingerprint are computed with a length that includes them.
    message.writeUInt16BE(message.length - HEADER + 4 + padded, 2);
    const attribute = Buffer.alloc(4 + padded);
    attribute.writeUInt16BE(type, 0);
    attribute.writeUInt16BE(size, 2);
    make(message).copy(attribute, 4);
    message = Buffer.concat([message, attribute]);
  };
  for (const { type, value } of attributes) append(type, () => value, value.length);
  if (key) append(ATTRIBUTE.messageIntegrity, before => createHmac('sha1', key).update(before).digest(), 20);
  append(ATTRIBUTE.fingerprint, fingerprint, 4);
  return message;
}

/** Decodes a message, checked as in RFC 8489 §6.3, with its FINGERPRINT if there is one; null if it is invalid. */
export function decodeStun(bytes: Buffer): StunMessage | null {
  if (sizeOfStun(bytes) !== bytes.length) return null;
  const bits = bytes.readUInt16BE(0);
  const kind = KINDS[((bits >> 4) & 1) | ((bits >> 7) & 2)] ?? 'request';
  const method = (bits & 0xf) | ((bits >> 1) & 0x70) | ((bits >> 2) & 0xf80);
  const attributes: StunAttribute[] = [];
  for (let at = HEADER; at < bytes.length; ) {
    const type = bytes.readUInt16BE(at);
    const size = bytes.readUInt16BE(at + 2);
    const value = bytes.subarray(at + 4, at + 4 + size);
    if (value.length !== size) return null;
    if (
      type === ATTRIBUTE.fingerprint &&
      !(at + 8 === bytes.length && value.equals(fingerprint(bytes.subarray(0, at))))
    )
      return null;
    attributes.push({ type, value });
    at += 4 + ((size + 3) & ~3);
  }
  return { method, kind, transaction: bytes.subarray(8, HEADER), attributes };
}

/**
 * The length of the first message of a stream; null while it is incomplete.
 * @throws RangeError if the stream does not begin with a STUN message
 */
export function lengthOfStun(bytes: Buffer): number | null {
  if (bytes.length < HEADER) return null;
  const size = sizeOfStun(bytes);
  if (size === null) throw new RangeError('this is not STUN');
  return bytes.length < size ? null : size;
}

function sizeOfStun(bytes: Buffer): number | null {
  if (bytes.length < HEADER || (bytes[0] ?? 0) > 0x3f || bytes.readUInt32BE(4) !== MAGIC_COOKIE) return null;
  const length = bytes.readUInt16BE(2);
  return length % 4 === 0 ? HEADER + length : null;
}

export function attributeOf(message: StunMessage, type: number): Buffer | null {
  return message.attributes.find(attribute => attribute.type === type)?.value ?? null;
}

/** The ERROR-CODE of a response: 300 to 699 and its reason phrase; null if there is none. */
export function errorOf(message: StunMessage): { code: number; reason: string } | null {
  const value = attributeOf(message, ATTRIBUTE.errorCode);
  if (message.kind !== 'error' || !value || value.length < 4) return null;
  return {
    code: ((value[2] ?? 0) & 7) * 100 + (value[3] ?? 0),
    // Only printable characters: it is shown to people, and a server may send anything.
    reason: value
      .subarray(4, 204)
      .toString('utf8')
      .replace(/[^\x20-\x7e]/g, ''),
  };
}

/** Whether a response was signed with the key (RFC 8489 §14.5). */
export function hasIntegrity(bytes: Buffer, key: Buffer): boolean {
  for (let at = HEADER; at + 4 <= bytes.length; ) {
    const size = bytes.readUInt16BE(at + 2);
    if (bytes.readUInt16BE(at) === ATTRIBUTE.messageIntegrity) {
      if (size !== 20 || at + 24 > bytes.length) return false;
      const before = Buffer.from(bytes.subarray(0, at));
      before.writeUInt16BE(at - HEADER + 24, 2);
      return timingSafeEqual(createHmac('sha1', key).update(before).digest(), bytes.subarray(at + 4, at + 24));
    }
    at += 4 + ((size + 3) & ~3);
  }
  return false;
}

function fingerprint(before: Buffer): Buffer {
  const value = Buffer.alloc(4);
  value.writeUInt32BE((crc32(before) ^ FINGERPRINT_XOR) >>> 0);
  return value;
}
