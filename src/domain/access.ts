import type { Permission, Role } from './contract.js';

/** What somebody may do, and whose name the log has for them. */
export interface Grant {
  name: string;
  permissions: readonly Permission[];
}

/** Whoever may do nothing. */
export const NOBODY: Grant = { name: 'nobody', permissions: [] };

/** Who may do what: the port that HTTP asks. */
export interface Access {
  /** What a request without a token may do. */
  readonly anonymous: Grant;
  /** What a client of the first system without a token may do, by its address. */
  legacy(address: string): Grant;
  /** Whether what comes from an address may say for whom it asks (`X-Forwarded-For`). */
  isProxy(address: string): boolean;
  /** Whether a session's URL alone is not enough to change and end it. */
  readonly requireTokenOnSessions: boolean;
  /**
   * @param token as it was sent
   * @throws Failure unauthorized if it is wrong, has expired, …; keys-unavailable if that cannot be known now
   */
  identify(token: string): Promise<Grant>;
}

/**
 * Whether a grant has a role: on a camera, or on any if none is named. `admin` includes the other roles, for the
 * cameras that it is limited to.
 */
export function allows({ permissions }: Grant, role: Role, camera?: string): boolean {
  return permissions.some(
    permission =>
      (permission.role === role || permission.role === 'admin') &&
      (camera === undefined || permission.cameras === undefined || permission.cameras.includes(camera)),
  );
}

/** Whether a grant has a role on all cameras, also on those that are yet to come. */
export function allowsAll({ permissions }: Grant, role: Role): boolean {
  return permissions.some(
    permission => (permission.role === role || permission.role === 'admin') && permission.cameras === undefined,
  );
}
