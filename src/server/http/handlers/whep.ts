import { EVENT_TYPES } from '../event-streams.js';
import type { Services } from '../operations.js';
import { signalingOperations } from './signaling.js';

/** WHEP (draft-ietf-wish-whep): an offer to receive a camera becomes a session, which its URL changes and ends. */
export const whepOperations = (services: Services) =>
  signalingOperations(services, {
    protocol: 'whep',
    purpose: 'watch',
    role: 'view',
    camera: (id, visible) => services.cameras.get(id, visible).id,
    open: request => services.sessions.watch(request),
    extensions: sessionPath => [
      `<${sessionPath}/events>; rel="urn:ietf:params:whep:ext:core:server-sent-events"; events="${EVENT_TYPES.join(',')}"`,
    ],
  });
