import { readFileSync } from 'node:fs';

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'] as const;

/** The OpenAPI document, as the build bundles it from openapi/. */
export interface Contract {
  openapi: string;
  info: { title: string; version: string };
  paths: Readonly<Record<string, Readonly<Record<string, { operationId: string }>>>>;
  components: { schemas: Readonly<Record<string, object>> };
}

/** dist/openapi.json, beside the compiled sources. */
export const CONTRACT_FILE = new URL('../../openapi.json', import.meta.url);

export function readContract(): Contract {
  return JSON.parse(readFileSync(CONTRACT_FILE, 'utf8')) as Contract;
}

/** For each path of the contract, in Fastify's form, the methods that it has and that it has not. */
export function methodsOf(contract: Contract): { url: string; allowed: string[]; others: string[] }[] {
  return Object.entries(contract.paths).map(([path, item]) => {
    const allowed = METHODS.filter(method => method in item || (method === 'head' && 'get' in item)).map(method =>
      method.toUpperCase(),
    );
    return {
      url: path.replace(/\{(\w+)\}/g, ':$1'),
      allowed,
      others: METHODS.map(method => method.toUpperCase()).filter(
        method => !allowed.includes(method) && method !== 'OPTIONS',
      ),
    };
  });
}
