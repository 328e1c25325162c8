import { EVENT_TYPES } from '../event-streams.js';
import type { Services } from '../operations.js';
import { signallingOperations } from './signalling.js';

/** WHEP (draft-ietf-wish-whep): an offer to be sent a camera becomes a session; the session's URL changes and ends it. */
export const whepOperations = (services: Services) =>
  signallingOperations(services, {
    protocol: 'whep',
    purpose: 'watch',
    role: 'view',
    camera: (id, visible) => services.cameras.get(id, visible).id,
    open: request => services.sessions.watch(request),
    extensions: sessionPath => [
      `<${sessionPath}/events>; rel="urn:ietf:params:whep:ext:core:server-sent-events"; events="${EVENT_TYPES.join(',')}"`,
    ],
  });
