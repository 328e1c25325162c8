import type { FastifyRequest } from 'fastify';
import type { Device } from '../../../domain/contract.js';
import { seesCamera } from '../grants.js';
import type { Services } from '../operations.js';

export const deviceOperations = ({ cameras, devices }: Services) => ({
  listDevices: async (request: FastifyRequest) => {
    const sees = seesCamera(request);
    const visible = cameras.list().filter(({ id }) => sees(id));
    return {
      items: devices().map(
        (device): Device => ({
          ...device,
          cameras: visible.filter(camera => camera.device === device.device).map(({ id }) => id),
        }),
      ),
    };
  },
});
