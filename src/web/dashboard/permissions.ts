/** What the token of this browser may do. Pure. */
import type { LiveEvent } from '../shared/api.js';

export type Permissions = Extract<LiveEvent, { type: 'snapshot' }>['permissions'];

/** @param camera if omitted, whether the token administers all cameras, future ones included */
export const isAdmin = (permissions: Permissions, camera?: string): boolean =>
  permissions.some(
    ({ role, cameras }) =>
      role === 'admin' && (cameras === undefined || (camera !== undefined && cameras.includes(camera))),
  );
