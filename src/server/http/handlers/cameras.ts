import type { FastifyReply, FastifyRequest } from 'fastify';
import { allows, allowsAll } from '../../../domain/access.js';
import type { SourceRight } from '../../../domain/camera-plan.js';
import type { CameraSettings } from '../../../domain/contract.js';
import { Failure } from '../../../domain/failure.js';
import { strongEtag } from '../../../protocol/etag.js';
import { seesCamera } from '../grants.js';
import type { Services } from '../operations.js';

/** A source reaches beyond its camera: files, devices, hosts. */
const sourcesOf = ({ grant }: FastifyRequest): SourceRight => (allowsAll(grant, 'admin') ? 'any' : 'listed');

const idIn = (request: FastifyRequest): string => (request.params as { camera: string }).camera;

export const cameraOperations = ({ cameras, editor }: Services) => {
  const show = (request: FastifyRequest, reply: FastifyReply, id: string): FastifyReply => {
    const camera = cameras.get(id, seesCamera(request), seesCamera(request, 'admin'));
    // Ephemeral cameras are not in the configuration and cannot be edited.
    if (!cameras.isEphemeral(camera.id)) reply.header('ETag', strongEtag(editor.etagOf(camera.id)));
    return reply.send(camera);
  };
  const editable = (request: FastifyRequest): string => {
    const id = idIn(request);
    if (cameras.isEphemeral(id))
      throw new Failure(
        'not-configured',
        `Camera "${id}" comes from a legacy sender, and is not in the configuration.`,
        {
          remedy: 'Change it at the sender, or end its session.',
        },
      );
    return id;
  };
  return {
    listCameras: async (request: FastifyRequest) => {
      const sees = seesCamera(request);
      return { items: cameras.list(seesCamera(request, 'admin')).filter(({ id }) => sees(id)) };
    },
    getCamera: async (request: FastifyRequest, reply: FastifyReply) => show(request, reply, idIn(request)),
    createCamera: async (request: FastifyRequest, reply: FastifyReply) => {
      const { id, ...settings } = request.body as CameraSettings & { id: string };
      // The id is not in the path, so the guard has not checked it.
      if (!allows(request.grant, 'admin', id))
        throw new Failure('forbidden', `The token does not have the role "admin" for camera "${id}".`);
      await editor.create(id, settings as CameraSettings, sourcesOf(request));
      request.log.info({ camera: id, by: request.grant.name }, 'camera added');
      return show(request, reply.code(201).header('Location', `/api/v1/cameras/${id}`), id);
    },
    replaceCamera: async (request: FastifyRequest, reply: FastifyReply) => {
      const id = editable(request);
      await editor.replace(id, request.body as CameraSettings, request.headers['if-match'], sourcesOf(request));
      request.log.info({ camera: id, by: request.grant.name }, 'camera configured');
      return show(request, reply, id);
    },
    patchCamera: async (request: FastifyRequest, reply: FastifyReply) => {
      const id = editable(request);
      await editor.patch(id, request.body as Record<string, unknown>, request.headers['if-match'], sourcesOf(request));
      request.log.info({ camera: id, by: request.grant.name }, 'camera configured');
      return show(request, reply, id);
    },
    deleteCamera: async (request: FastifyRequest, reply: FastifyReply) => {
      const id = editable(request);
      await editor.remove(id, request.headers['if-match']);
      request.log.info({ camera: id, by: request.grant.name }, 'camera removed');
      return reply.code(204).send();
    },
  };
};
