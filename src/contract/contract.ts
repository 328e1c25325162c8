import { readFileSync } from 'node:fs';

export const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'] as const;

/** The name of a security scheme and the roles that are needed; empty where nothing is. */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>;

export interface Operation {
  operationId: string;
  security?: readonly SecurityRequirement[];
}

/** The OpenAPI document, as the build bundles it from openapi/. */
export interface Contract {
  openapi: string;
  info: { title: string; version: string };
  /** What an operation needs that says nothing of it itself. */
  security: readonly SecurityRequirement[];
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components: { schemas: Readonly<Record<string, object>> };
}

/** dist/openapi.json, beside the compiled sources. */
export const CONTRACT_FILE = new URL('../../openapi.json', import.meta.url);

export function readContract(): Contract {
  return JSON.parse(readFileSync(CONTRACT_FILE, 'utf8')) as Contract;
}

/** A path of the contract in Fastify's form. */
export const routeOf = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

/** For each path of the contract, in Fastify's form, the methods that it has and that it has not. */
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
