import { createHash } from 'node:crypto';
import type { IceUrl } from '../../protocol/ice-url.js';
import type { IceUser } from './credentials.js';
import { type Reached, within } from './probe.js';
import { resolveHost } from './resolve.js';
import { connectStun, type StunReply } from './stun-client.js';
import { ATTRIBUTE, attributeOf, errorOf, hasIntegrity, METHOD, type StunAttribute } from './stun-message.js';

/** Enough for two retransmissions of the first request. */
const TIMEOUT_MS = 4_000;
const UDP = Buffer.from([17, 0, 0, 0]);
const UNAUTHORIZED = 401;
const STALE_NONCE = 438;

/** A TURN server's response to a real allocation, which is released at once. */
export type Allocation = Reached & ({ allocated: true } | { allocated: false; refusal: string });

/**
 * Allocates a relay as a viewer does (RFC 8656 §7, long-term credentials of RFC 8489 §9.2) and releases it.
 * @throws Error with a readable message if the server does not answer
 */
export async function tryAllocation(url: IceUrl, user: IceUser): Promise<Allocation> {
  return await within(TIMEOUT_MS, undefined, async signal => {
    const [address = ''] = await resolveHost(url.host, signal);
    const connection = await connectStun(url, address, signal);
    const wanted: StunAttribute[] = [{ type: ATTRIBUTE.requestedTransport, value: UDP }];
    try {
      // The refusal of the first request contains the realm and nonce that the second needs.
      let reply = await connection.ask({ method: METHOD.allocate, attributes: wanted });
      const reached = { address, roundTripMs: Math.round(reply.ms * 10) / 10 };
      let signed = sign(reply, user);
      for (let turn = 0; turn < 2 && [UNAUTHORIZED, STALE_NONCE].includes(errorOf(reply.message)?.code ?? 0); turn++) {
        reply = await connection.ask(
          { method: METHOD.allocate, attributes: [...wanted, ...signed.attributes] },
          signed.key,
        );
        if (errorOf(reply.message)?.code !== STALE_NONCE) break;
        signed = sign(reply, user);
      }
      const error = errorOf(reply.message);
      if (error) return { ...reached, allocated: false, refusal: `${error.code} ${error.reason}`.trim() };
      if (!attributeOf(reply.message, ATTRIBUTE.xorRelayedAddress) || !hasIntegrity(reply.bytes, signed.key))
        return { ...reached, allocated: false, refusal: 'its answer is not signed with the password' };
      const release: StunAttribute = { type: ATTRIBUTE.lifetime, value: Buffer.alloc(4) };
      await connection.ask({ method: METHOD.refresh, attributes: [release, ...signed.attributes] }, signed.key);
      return { ...reached, allocated: true };
    } finally {
      connection.close();
    }
  });
}

/** The attributes and key that sign a request: the user, and the server's realm and nonce. */
function sign({ message }: StunReply, { username, credential }: IceUser): { attributes: StunAttribute[]; key: Buffer } {
  const realm = attributeOf(message, ATTRIBUTE.realm) ?? Buffer.alloc(0);
  const nonce = attributeOf(message, ATTRIBUTE.nonce) ?? Buffer.alloc(0);
  const user = Buffer.from(username);
  const colon = Buffer.from(':');
  return {
    attributes: [
      { type: ATTRIBUTE.username, value: user },
      { type: ATTRIBUTE.realm, value: realm },
      { type: ATTRIBUTE.nonce, value: nonce },
    ],
    key: createHash('md5')
      .update(Buffer.concat([user, colon, realm, colon, Buffer.from(credential)]))
      .digest(),
  };
}
