import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CameraKeyframes } from '../../../domain/camera-keyframes.js';
import { Failure } from '../../../domain/failure.js';
import type { Snapshot } from '../../../domain/snapshots.js';
import { monotonicMs } from '../../../process/monotonic.js';
import { seesCamera } from '../grants.js';
import type { Services } from '../operations.js';
import { clientOf } from '../plugins/limits.js';

/** Per address and camera: twice what an operator's page of snapshots needs. */
const SNAPSHOTS_PER_SECOND = 10;

/** Snapshots and keyframes of a running stream. */
export function snapshotOperations({ cameras, snapshots }: Services, app: FastifyInstance) {
  /** @throws Failure unknown-camera */
  const cameraOf = (request: FastifyRequest): string =>
    cameras.get((request.params as { camera: string }).camera, seesCamera(request)).id;
  const keyframes = new CameraKeyframes(camera => snapshots.keyframe(camera));
  app.addHook('onClose', async () => keyframes.close());
  const rate = app.createRateLimit({
    max: SNAPSHOTS_PER_SECOND,
    timeWindow: 1_000,
    keyGenerator: request => `${(request.params as { camera: string }).camera} ${clientOf(request)}`,
  });
  /** Snapshots in progress, by camera. */
  const pending = new Map<string, Promise<Snapshot>>();
  const snapshot = (camera: string): Promise<Snapshot> => {
    const made = pending.get(camera) ?? snapshots.snapshot(camera).finally(() => pending.delete(camera));
    pending.set(camera, made);
    return made;
  };

  return {
    makeKeyframe: async (request: FastifyRequest, reply: FastifyReply) => {
      keyframes.request(cameraOf(request));
      return reply.code(204).send();
    },
    getSnapshot: async (request: FastifyRequest, reply: FastifyReply) => {
      const camera = cameraOf(request);
      const { isAllowed, ...found } = await rate(request);
      if (!isAllowed && 'isExceeded' in found && found.isExceeded)
        throw new Failure(
          'too-many-requests',
          `This address requested more than ${SNAPSHOTS_PER_SECOND} snapshots of camera "${camera}" in a second.`,
          { remedy: 'Send fewer requests, or watch the camera.', retryAfter: 1 },
        );
      const { jpeg, capturedAt } = await snapshot(camera);
      const ageMs = Math.max(0, Math.round(monotonicMs() - capturedAt));
      const time = new Date(Date.now() - ageMs).toISOString();
      return reply
        .type('image/jpeg')
        .headers({
          'Cache-Control': 'no-store',
          'Content-Disposition': `inline; filename="${camera}-${time.replaceAll(':', '-')}.jpg"`,
          'Frame-Age-Ms': ageMs,
          'Frame-Captured-At': time,
        })
        .send(Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength));
    },
  };
}
