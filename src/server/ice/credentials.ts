import { createHmac } from 'node:crypto';
import type { IceServerPlan } from '../../domain/ice.js';

export interface IceUser {
  username: string;
  credential: string;
}

/**
 * New credentials for a TURN server; null for one that needs none. Time-limited ones are those of coturn's
 * `use-auth-secret` (draft-uberti-behave-turn-rest-00): the username is the expiry in seconds and a name, the password
 * an HMAC-SHA1 of it that the server can compute too.
 * @param client shown in the TURN server's log
 * @param now ms since 1970
 */
export function credentialsFor(access: IceServerPlan['access'], client: string, now = Date.now()): IceUser | null {
  switch (access.type) {
    case 'open':
      return null;
    case 'fixed':
      return { username: access.username, credential: access.credential };
    case 'timed': {
      // A colon would end the timestamp; other characters might be invalid in a header.
      const username = `${Math.floor(now / 1000) + access.lifetime}:${client.replace(/[^\w.-]/g, '_').slice(0, 64)}`;
      return { username, credential: createHmac('sha1', access.secret).update(username).digest('base64') };
    }
  }
}
