import type { FastifyRequest } from 'fastify';
import type { ControlValue } from '../../../domain/devices.js';
import { Failure } from '../../../domain/failure.js';
import { seesCamera } from '../grants.js';
import type { Services } from '../operations.js';

export const controlOperations = ({ cameras, controls, editor }: Services) => {
  /** The camera in the path and its device. @throws Failure */
  const find = (request: FastifyRequest): { id: string; device: string } => {
    const { id, source, device } = cameras.get((request.params as { camera: string }).camera, seesCamera(request));
    if (device !== null) return { id, device };
    if (source.startsWith('v4l2:'))
      throw new Failure('camera-unavailable', `Camera "${id}" is not plugged in.`, {
        remedy: `Its source is ${source}; GET /api/v1/devices lists what is plugged in.`,
      });
    throw new Failure('no-controls', `Camera "${id}" has the source ${source}, which is not a V4L2 device.`);
  };
  return {
    listControls: async (request: FastifyRequest) => ({ items: await controls.read(find(request).device) }),
    setControls: async (request: FastifyRequest) => {
      const { id, device } = find(request);
      const { kept, failed } = await controls.set(device, request.body as Record<string, ControlValue | null>);
      request.log.info({ camera: id, by: request.grant.name, controls: kept, failed }, 'controls set');
      // Even if some failed: the others are set.
      if (Object.keys(kept).length > 0) await editor.patch(id, { controls: kept }, undefined, 'listed');
      if (failed.length > 0)
        throw new Failure(
          'invalid-body',
          `The camera did not accept ${failed.map(({ name, reason }) => `${name}: ${reason}`).join('; ')}.`,
          {
            remedy:
              'GET the controls for their values. To set an inactive one, turn off its automatic mode in the same request.',
          },
        );
      return { items: await controls.read(device) };
    },
  };
};
