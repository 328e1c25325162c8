import type { FastifyReply, FastifyRequest } from 'fastify';
import { seesCamera } from '../grants.js';
import type { Services } from '../operations.js';
import { checkReadiness } from '../readiness.js';

export const systemOperations = ({ system, started, cameras }: Services) => ({
  getHealth: async () => ({ status: 'ok' }),
  getReadiness: async (request: FastifyRequest) => {
    checkReadiness({ started: started(), cameras: cameras.list() }, seesCamera(request));
    return { status: 'ready' };
  },
  getSystem: async () => system(),
  getClock: async (_request: FastifyRequest, reply: FastifyReply) => {
    reply.header('Cache-Control', 'no-store');
    return { monotonic: process.hrtime.bigint().toString() };
  },
});
