import type { FastifyReply, FastifyRequest } from 'fastify';
import { allows } from '../../../domain/access.js';
import { Failure } from '../../../domain/failure.js';
import { seesCamera } from '../grants.js';
import type { Services } from '../operations.js';

export const sessionOperations = ({ sessions }: Services) => {
  /** A session is hidden from callers who may not see its camera, as in the list. */
  const visible = (request: FastifyRequest) =>
    sessions.get((request.params as { session: string }).session, seesCamera(request));
  return {
    listSessions: async (request: FastifyRequest) => {
      const { state, camera } = request.query as { state: 'active' | 'ended' | 'all'; camera?: string };
      const sees = seesCamera(request);
      return { items: sessions.list(state, camera).filter(session => sees(session.camera)) };
    },
    getSession: async (request: FastifyRequest) => visible(request),
    deleteSession: async (request: FastifyRequest, reply: FastifyReply) => {
      const { id, camera } = visible(request);
      if (!allows(request.grant, 'admin', camera))
        throw new Failure('forbidden', `The token does not have the role "admin" for camera "${camera}".`);
      sessions.endById(id);
      return reply.code(204).send();
    },
  };
};
