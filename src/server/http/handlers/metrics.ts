import type { FastifyReply, FastifyRequest } from 'fastify';
import { seesCamera } from '../grants.js';
import type { Services } from '../operations.js';

export const metricsOperations = ({ metrics }: Services) => ({
  getMetrics: async (request: FastifyRequest, reply: FastifyReply) => {
    const text = await metrics.text(seesCamera(request));
    return reply.header('Cache-Control', 'no-store').type(metrics.contentType).send(text);
  },
});
