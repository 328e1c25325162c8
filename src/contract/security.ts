import { type Contract, METHODS, type Operation, routeOf, type SecurityRequirement } from './contract.js';

/** Every role. */
export const ROLES = ['view', 'publish', 'admin'] as const;

/** What an operation requires of its caller. */
export interface Rule {
  /**
   * `open`: nothing; `required`: a token with the role; `optional`: the same, or no token; `identified`: the token is
   * verified, and the operation itself checks its roles; `session`: knowing the URL is enough, unless the configuration
   * requires the token too.
   */
  kind: 'open' | 'required' | 'optional' | 'identified' | 'session';
  role: (typeof ROLES)[number];
}

/**
 * Reads from `security` what each operation requires; the key is a method and a route in Fastify's syntax.
 * @throws Error if the contract has a requirement that the guard does not support
 */
export function rulesOf(contract: Contract): ReadonlyMap<string, Rule> {
  const rules = new Map<string, Rule>();
  for (const [path, item] of Object.entries(contract.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation === undefined) continue;
      const rule = ruleOf(contract, path, method, operation);
      rules.set(`${method.toUpperCase()} ${routeOf(path)}`, rule);
      // Fastify answers HEAD on every GET route.
      if (method === 'get' && item.head === undefined) rules.set(`HEAD ${routeOf(path)}`, rule);
    }
  }
  return rules;
}

function ruleOf(contract: Contract, path: string, method: string, operation: Operation): Rule {
  const { operationId, security = contract.security } = operation;
  if (security.length > 0) {
    const isIdentified = security.length === 2 && security.some(({ bearer }) => bearer?.length === 0);
    if (isIdentified && security.some(requirement => Object.keys(requirement).length === 0))
      return { kind: 'identified', role: 'view' };
    const needed = security.filter(requirement => Object.keys(requirement).length > 0);
    return { kind: needed.length < security.length ? 'optional' : 'required', role: roleIn(operationId, needed) };
  }
  const endpoint = /^(.*)\/\{secret\}/.exec(path)?.[1];
  // A preflight has no token.
  if (endpoint === undefined || method === 'options') return { kind: 'open', role: 'admin' };
  // The role that may make a session there.
  const post = contract.paths[endpoint]?.post;
  if (post === undefined) throw new Error(`the contract has ${path}, but no POST on ${endpoint} that makes it`);
  return { kind: 'session', role: roleIn(post.operationId, post.security ?? contract.security) };
}

function roleIn(operationId: string, security: readonly SecurityRequirement[]): Rule['role'] {
  const [only] = security;
  const role = ROLES.find(name => name === only?.bearer?.[0]);
  if (security.length !== 1 || only?.bearer?.length !== 1 || role === undefined)
    throw new Error(`"security" of ${operationId} has to name one role, as in "bearer: [view]": ${ROLES.join(', ')}`);
  return role;
}
