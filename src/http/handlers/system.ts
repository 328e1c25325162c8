import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Services } from '../operations.js';

export const systemOperations = ({ system }: Services) => ({
  getHealth: async () => ({ status: 'ok' }),
  getSystem: async () => system(),
  getClock: async (_request: FastifyRequest, reply: FastifyReply) => {
    reply.header('Cache-Control', 'no-store');
    return { monotonic: process.hrtime.bigint().toString() };
  },
});
