/** What the token of this browser may do. Pure. */
import type { LiveEvent } from '../shared/api.js';

export type Permissions = Extract<LiveEvent, { type: 'snapshot' }>['permissions'];

/** @param camera without one, whether it may administer them all, also those that are yet to come */
export const isAdmin = (permissions: Permissions, camera?: string): boolean =>
  permissions.some(
    ({ role, cameras }) =>
      role === 'admin' && (cameras === undefined || (camera !== undefined && cameras.includes(camera))),
  );
