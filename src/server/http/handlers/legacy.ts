import type { WebSocket } from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Access, allows, type Grant } from '../../../domain/access.js';
import { Failure } from '../../../domain/failure.js';
import type { LegacyClientInfo, LegacySocket } from '../../../domain/legacy.js';
import type { Services } from '../operations.js';
import { checkOrigin } from '../plugins/browser.js';
import { clientOf } from '../plugins/limits.js';
import { requireUpgrade } from '../plugins/upgrades.js';
import { RecentKeys } from '../recent-keys.js';

/** Addresses whose refusal was logged in the last hour: legacy clients retry forever. */
const LOGGED_ADDRESSES = { max: 256, forMs: 3_600_000 };

/** @param origins of pages that may connect; `*` for any */
export function legacyOperations(
  { legacy }: Services,
  app: FastifyInstance,
  access: Access,
  origins: readonly string[],
) {
  app.addHook('onReady', async () => legacy.start());
  app.addHook('preClose', () => legacy.close());
  const logged = new RecentKeys(LOGGED_ADDRESSES);

  const grantOf = (request: FastifyRequest, grant: Grant = request.grant): Grant => {
    const { ip } = request;
    const anonymous = request.hasToken ? null : access.legacy(ip);
    const permissions = [...grant.permissions, ...(anonymous?.permissions ?? [])];
    return { name: anonymous?.name ?? grant.name, permissions };
  };
  const check = (request: FastifyRequest): void => {
    checkOrigin(request, origins, 'connect');
    const grant = grantOf(request);
    if (!allows(grant, 'view') && !allows(grant, 'publish')) refuse(request);
    legacy.admit(clientOf(request));
  };
  const refuse = (request: FastifyRequest): never => {
    if (request.hasToken)
      throw new Failure('forbidden', `The token ("${request.grant.name}") has neither the role "view" nor "publish".`);
    const address = clientOf(request);
    if (!logged.has(address)) {
      logged.add(address);
      request.log.warn(
        { address: request.ip, set: 'legacy.anonymous: true' },
        'legacy client refused: no token. legacy.anonymous allows such clients, legacy.networks says from where',
      );
    }
    throw new Failure('unauthorized', 'The client has no token.', {
      remedy: 'Connect to /?token=TOKEN, or set legacy.anonymous in the configuration.',
    });
  };

  return {
    legacySignaling: {
      preHandler: async (request: FastifyRequest) => {
        if (request.ws) check(request);
      },
      handler: async (request: FastifyRequest, reply: FastifyReply) =>
        requireUpgrade(request, reply, 'Signaling messages are sent', '/'),
      wsHandler: (socket: WebSocket, request: FastifyRequest) =>
        legacy.join(
          socket as unknown as LegacySocket,
          clientInfoOf(request, {
            grant: grantOf(request),
            identify: async () => grantOf(request, request.hasToken ? await request.identify() : access.anonymous),
          }),
        ),
    },
  };
}

function clientInfoOf(request: FastifyRequest, rights: Pick<LegacyClientInfo, 'grant' | 'identify'>): LegacyClientInfo {
  const { camera, form } = request.query as { camera?: string; form?: LegacyClientInfo['form'] };
  return {
    address: clientOf(request),
    client: { address: request.ip, userAgent: request.headers['user-agent']?.slice(0, 200) ?? null },
    requestId: request.id,
    ...rights,
    // Web pages support only the flat form.
    form: form ?? (request.headers.origin === undefined ? 'nested' : 'flat'),
    cameras: camera === undefined ? null : [...new Set(camera.split(',').filter(id => id !== ''))],
  };
}
