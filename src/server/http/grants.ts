import type { FastifyRequest } from 'fastify';
import { allows } from '../../domain/access.js';
import type { Role } from '../../domain/contract.js';

/** Of which cameras whoever asks may know that they are there: all on which it has the role. */
export const seesCamera =
  ({ grant }: Pick<FastifyRequest, 'grant'>, role: Role = 'view') =>
  (camera: string): boolean =>
    allows(grant, role, camera);
