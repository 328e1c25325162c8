import type { FastifyRequest } from 'fastify';
import { seesCamera } from '../grants.js';
import type { Services } from '../operations.js';

export const cameraOperations = ({ cameras }: Services) => ({
  listCameras: async (request: FastifyRequest) => {
    const sees = seesCamera(request);
    return { items: cameras.list().filter(({ id }) => sees(id)) };
  },
  getCamera: async (request: FastifyRequest) =>
    cameras.get((request.params as { camera: string }).camera, seesCamera(request)),
});
