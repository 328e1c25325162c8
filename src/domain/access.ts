import type { Permission, Role } from './contract.js';

/** What a client may do, and its name in the log. */
export interface Grant {
  name: string;
  permissions: readonly Permission[];
}

/** Without any permission. */
export const NOBODY: Grant = { name: 'nobody', permissions: [] };

/** Who may do what: the port of the HTTP server. */
export interface Access {
  /** What a request without a token may do. */
  readonly anonymous: Grant;
  /** What a legacy client without a token may do, by its address. */
  legacy(address: string): Grant;
  /** Whether an address may name the client that it forwards for (`X-Forwarded-For`). */
  isProxy(address: string): boolean;
  /** Whether changing and ending a session takes a token besides its URL. */
  readonly requireTokenOnSessions: boolean;
  /**
   * @param token as sent
   * @throws Failure unauthorized if it is invalid, expired, …; keys-unavailable if that cannot be checked now
   */
  identify(token: string): Promise<Grant>;
}

/**
 * Whether a grant has a role: on the given camera, else on any. `admin` includes the other roles, for the cameras that
 * it is limited to.
 */
export function allows({ permissions }: Grant, role: Role, camera?: string): boolean {
  return permissions.some(
    permission =>
      (permission.role === role || permission.role === 'admin') &&
      (camera === undefined || permission.cameras === undefined || permission.cameras.includes(camera)),
  );
}

/** Whether a grant has a role on all cameras, including future ones. */
export function allowsAll({ permissions }: Grant, role: Role): boolean {
  return permissions.some(
    permission => (permission.role === role || permission.role === 'admin') && permission.cameras === undefined,
  );
}
