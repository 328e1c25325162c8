import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Services } from '../operations.js';

export const sessionOperations = ({ sessions }: Services) => ({
  listSessions: async (request: FastifyRequest) => {
    const { state, camera } = request.query as { state: 'active' | 'ended' | 'all'; camera?: string };
    return { items: sessions.list(state, camera) };
  },
  getSession: async (request: FastifyRequest) => sessions.get(id(request)),
  deleteSession: async (request: FastifyRequest, reply: FastifyReply) => {
    sessions.endById(id(request));
    return reply.code(204).send();
  },
});

function id(request: FastifyRequest): string {
  return (request.params as { session: string }).session;
}
