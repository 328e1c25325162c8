import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import {
  ATTRIBUTE,
  attributeOf,
  decodeStun,
  encodeStun,
  errorOf,
  hasIntegrity,
  lengthOfStun,
  METHOD,
} from '../../src/server/ice/stun-message.js';

// RFC 5769 §2.1: a request with short-term credentials.
const SAMPLE = Buffer.from(
  '000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9b151263b36' +
    '000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf',
  'hex',
);
const SAMPLE_KEY = Buffer.from('VOkJxbRl1RmTxUk/WvJxBt');

t.test("the RFC's sample is parsed, with valid fingerprint and integrity", async t => {
  const message = decodeStun(SAMPLE);
  t.match(message, { method: METHOD.binding, kind: 'request' });
  t.equal(message?.transaction.toString('hex'), 'b7e7a701bc34d686fa87dfae');
  t.equal(message && attributeOf(message, ATTRIBUTE.username)?.toString(), 'evtj:h6vY');
  t.ok(hasIntegrity(SAMPLE, SAMPLE_KEY));
  t.notOk(hasIntegrity(SAMPLE, Buffer.from('another')));
  for (let i = 0; i < SAMPLE.length; i++) {
    // With another type it is not a fingerprint.
    if (i === SAMPLE.length - 8 || i === SAMPLE.length - 7) continue;
    const changed = Buffer.from(SAMPLE);
    changed[i] = (changed[i] ?? 0) ^ 1;
    if (decodeStun(changed) !== null) t.fail(`byte ${i} may be changed`);
  }
});

t.test('a written message parses to the same', async () => {
  const message = fc.record({
    method: fc.integer({ min: 0, max: 0xfff }),
    kind: fc.constantFrom('request' as const, 'indication' as const, 'success' as const, 'error' as const),
    transaction: fc.uint8Array({ minLength: 12, maxLength: 12 }).map(bytes => Buffer.from(bytes)),
    attributes: fc.array(
      fc.record({
        type: fc.integer({ min: 0x8100, max: 0xffff }),
        value: fc.uint8Array({ maxLength: 70 }).map(bytes => Buffer.from(bytes)),
      }),
      { maxLength: 6 },
    ),
  });
  fc.assert(
    fc.property(message, fc.boolean(), (written, signed) => {
      const key = Buffer.from('the key');
      const bytes = encodeStun(written, signed ? key : undefined);
      const read = decodeStun(bytes);
      const own = [ATTRIBUTE.messageIntegrity, ATTRIBUTE.fingerprint] as number[];
      return (
        read !== null &&
        lengthOfStun(Buffer.concat([bytes, Buffer.from('more')])) === bytes.length &&
        hasIntegrity(bytes, key) === signed &&
        JSON.stringify({ ...read, attributes: read.attributes.filter(({ type }) => !own.includes(type)) }) ===
          JSON.stringify({
            method: written.method,
            kind: written.kind,
            transaction: written.transaction,
            attributes: written.attributes,
          })
      );
    }),
  );
});

t.test('any bytes are parsed without an error', async t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      decodeStun(Buffer.from(bytes));
      hasIntegrity(Buffer.from(bytes), SAMPLE_KEY);
      return true;
    }),
  );
  // After a valid header.
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), tail => {
      const padded = Buffer.concat([Buffer.from(tail), Buffer.alloc((4 - (tail.length % 4)) % 4)]);
      const bytes = Buffer.concat([SAMPLE.subarray(0, 20), padded]);
      bytes.writeUInt16BE(padded.length, 2);
      decodeStun(bytes);
      hasIntegrity(bytes, SAMPLE_KEY);
      return true;
    }),
  );
  t.equal(lengthOfStun(SAMPLE.subarray(0, 19)), null, 'incomplete header');
  t.equal(lengthOfStun(SAMPLE.subarray(0, 40)), null);
  t.throws(() => lengthOfStun(Buffer.from('HTTP/1.1 400 Bad Request')), RangeError);
});

t.test("errors, in the server's words", async t => {
  const error = (value: Buffer) =>
    errorOf({
      method: METHOD.allocate,
      kind: 'error',
      transaction: randomBytes(12),
      attributes: [{ type: ATTRIBUTE.errorCode, value }],
    });
  t.strictSame(error(Buffer.concat([Buffer.from([0, 0, 4, 1]), Buffer.from('Unauthorized')])), {
    code: 401,
    reason: 'Unauthorized',
  });
  t.strictSame(error(Buffer.concat([Buffer.from([0, 0, 5, 8]), Buffer.from('a\x1b[31m\r\nb')])), {
    code: 508,
    reason: 'a[31mb',
  });
  t.equal(error(Buffer.from([0])), null);
});
