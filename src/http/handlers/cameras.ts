import type { FastifyRequest } from 'fastify';
import type { Services } from '../operations.js';

export const cameraOperations = ({ cameras }: Services) => ({
  listCameras: async () => ({ items: cameras.list() }),
  getCamera: async (request: FastifyRequest) => cameras.get((request.params as { camera: string }).camera),
});
