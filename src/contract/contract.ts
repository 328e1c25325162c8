import { readFileSync } from 'node:fs';

export const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'] as const;

/** The name of a security scheme and the roles that it requires; empty if none is required. */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>;

export interface Operation {
  operationId: string;
  security?: readonly SecurityRequirement[];
  responses: Readonly<Record<string, unknown>>;
  requestBody?: { required?: boolean; content: Readonly<Record<string, unknown>> };
}

/** The OpenAPI document that the build bundles from openapi/. */
export interface Contract {
  openapi: string;
  info: { title: string; version: string };
  /** The default for operations without a `security` of their own. */
  security: readonly SecurityRequirement[];
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components: { schemas: Readonly<Record<string, object>> };
}

/** dist/openapi.json, next to the compiled sources. */
export const CONTRACT_FILE = new URL('../../openapi.json', import.meta.url);

export function readContract(): Contract {
  return JSON.parse(readFileSync(CONTRACT_FILE, 'utf8')) as Contract;
}

/** A path of the contract in Fastify's syntax. */
export const routeOf = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

/** For each path of the contract, in Fastify's syntax, the methods that it supports and those that it does not. */
export function methodsOf(contract: Contract): { url: string; allowed: string[]; others: string[] }[] {
  return Object.entries(contract.paths).map(([path, item]) => {
    const allowed = METHODS.filter(method => method in item || (method === 'head' && 'get' in item)).map(method =>
      method.toUpperCase(),
    );
    return {
      url: routeOf(path),
      allowed,
      others: METHODS.map(method => method.toUpperCase()).filter(
        method => !allowed.includes(method) && method !== 'OPTIONS',
      ),
    };
  });
}

/** The body that an operation accepts. */
export interface AcceptedBody {
  /** Media types. */
  types: readonly string[];
  required: boolean;
}

/** The body of each operation, by its method and its path in Fastify's syntax: `POST /whep/:camera`. */
export function bodiesOf(contract: Contract): Map<string, AcceptedBody> {
  return new Map(
    Object.entries(contract.paths).flatMap(([path, item]) =>
      METHODS.flatMap(method => {
        const body = item[method]?.requestBody;
        if (!body) return [];
        const accepted = { types: Object.keys(body.content), required: body.required ?? false };
        return [[`${method.toUpperCase()} ${routeOf(path)}`, accepted] as const];
      }),
    ),
  );
}
