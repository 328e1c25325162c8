import type { FastifyRequest } from 'fastify';
import { allows } from '../../domain/access.js';
import type { Role } from '../../domain/contract.js';

/** Whether the caller may know that a camera exists: only if it has the role on it. */
export const seesCamera =
  ({ grant }: Pick<FastifyRequest, 'grant'>, role: Role = 'view') =>
  (camera: string): boolean =>
    allows(grant, role, camera);
