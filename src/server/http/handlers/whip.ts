import { Failure } from '../../../domain/failure.js';
import type { Services } from '../operations.js';
import { signalingOperations } from './signaling.js';

/** WHIP (RFC 9725): an offer to send a camera becomes a session, which its URL changes and ends. */
export const whipOperations = (services: Services) =>
  signalingOperations(services, {
    protocol: 'whip',
    purpose: 'publish',
    role: 'publish',
    camera: (id, visible) => {
      const camera = services.cameras.get(id, visible);
      if (camera.links.whip === undefined)
        throw new Failure('not-publishable', `Camera "${camera.id}" has a source of its own: ${camera.source}.`, {
          remedy: 'Publish to a camera whose source is "whip", or configure one.',
        });
      return camera.id;
    },
    open: (request, query) => {
      const { takeover } = query as { takeover: boolean };
      return services.sessions.publish(request, { takeover });
    },
    extensions: () => [],
  });
