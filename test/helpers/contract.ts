import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import type { LightMyRequestResponse } from 'fastify';
import { readContract, routeOf } from '../../src/contract/contract.js';
import { type Rule, rulesOf } from '../../src/contract/security.js';

interface Reply {
  $ref?: string;
  headers?: Record<string, unknown>;
  content?: Record<string, { schema: object }>;
}

export interface Operation {
  method: string;
  /** As in the contract: `/api/v1/cameras/{camera}`. */
  path: string;
  operationId: string;
  /** What it requires of its caller. */
  rule: Rule;
  /** Whether it needs a token. */
  guarded: boolean;
  responses: Readonly<Record<string, Reply>>;
  /** Of its path, its query and its headers. */
  parameters: readonly Parameter[];
  /** The schemas of the bodies that it takes, by their types. */
  bodies: Readonly<Record<string, object>>;
}

interface Parameter {
  $ref?: string;
  name: string;
  in: 'path' | 'query' | 'header';
  schema: object;
}

/** An operation, and what all operations of a path have in common. */
interface Described {
  operationId: string;
  responses: Record<string, Reply>;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: object }> };
}

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'trace'];
const contract = readContract();
const rules = rulesOf(contract);
const document = contract as unknown as {
  paths: Record<string, Record<string, Described>>;
  components: { responses?: Record<string, Reply>; parameters?: Record<string, Parameter> };
};

/** Every operation of the contract, so that none can be forgotten. */
export const operations: readonly Operation[] = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item)
    .filter(([method]) => METHODS.includes(method))
    .map(([method, { operationId, responses, parameters = [], requestBody }]) => {
      const rule = rules.get(`${method.toUpperCase()} ${routeOf(path)}`);
      if (rule === undefined) throw new Error(`no rule for ${operationId}`);
      return {
        ...{ method: method.toUpperCase(), path, operationId, rule, guarded: rule.kind === 'required', responses },
        parameters: [...((item.parameters as unknown as Parameter[] | undefined) ?? []), ...parameters].map(
          parameter =>
            parameter.$ref === undefined
              ? parameter
              : (document.components.parameters?.[parameter.$ref.split('/').at(-1) ?? ''] as Parameter),
        ),
        bodies: Object.fromEntries(
          Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) => [type, schema]),
        ),
      };
    }),
);

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajvFormats.default(ajv);
ajv.addSchema({ $id: 'contract', ...(document as object) });
const compiled = new Map<string, ValidateFunction>();

function validator(schema: object): ValidateFunction {
  const text = JSON.stringify(schema).replaceAll('"#/', '"contract#/');
  const known = compiled.get(text) ?? ajv.compile(JSON.parse(text) as object);
  compiled.set(text, known);
  return known;
}

const words = ({ errors }: ValidateFunction): string =>
  (errors ?? []).map(error => `${error.instancePath || 'the body'} ${error.message}`).join('; ');

/** An answer, however it came. */
export type Answer = Pick<LightMyRequestResponse, 'statusCode' | 'headers' | 'body'>;

/** Where a response violates the contract; empty if it does not. */
export function breaches(operationId: string, response: Answer): string[] {
  const operation = operations.find(candidate => candidate.operationId === operationId);
  if (!operation) return [`the contract has no ${operationId}`];
  const status = String(response.statusCode);
  const promised = operation.responses[status] ?? operation.responses[`${status[0]}XX`] ?? operation.responses.default;
  if (!promised) return [`${operationId} may not answer ${status}`];
  const name = promised.$ref?.split('/').at(-1);
  const reply = name === undefined ? promised : (document.components.responses?.[name] ?? {});
  const type = String(response.headers['content-type'] ?? '').split(';')[0] ?? '';
  if (!reply.content) return response.body === '' ? [] : [`${operationId} ${status} has a body`];
  const schema = reply.content[type]?.schema;
  if (!schema) return [`${operationId} ${status} is of type "${type}"`];
  const validate = validator(schema);
  const body: unknown = type.endsWith('json') ? JSON.parse(response.body) : response.body;
  return validate(body) ? [] : [words(validate)];
}

/** Where a message of the live events violates the contract. */
export function eventBreaches(event: unknown): string[] {
  const validate = validator(
    operations.find(({ operationId }) => operationId === 'liveEvents')?.responses['101']?.content?.['application/json']
      ?.schema ?? {},
  );
  return validate(event) ? [] : [words(validate)];
}

/** What is wrong with a problem document, from any server. */
export function problemBreaches(response: Answer, status: number, code: string): string[] {
  const type = String(response.headers['content-type']);
  if (!type.startsWith('application/problem+json'))
    return [`${response.statusCode} is of type "${type}": ${response.body}`];
  const body = JSON.parse(response.body) as { status: number; code: string; type: string };
  const problem = operations
    .flatMap(({ responses }) => Object.values(responses))
    .map(reply => (reply.$ref ? document.components.responses?.[reply.$ref.split('/').at(-1) ?? ''] : reply))
    .find(reply => reply?.content?.['application/problem+json'])?.content?.['application/problem+json']?.schema;
  const validate = validator(problem ?? {});
  return [
    ...(validate(body) ? [] : [words(validate)]),
    ...(response.statusCode === status && body.status === status
      ? []
      : [`status ${response.statusCode}, ${body.status}`]),
    ...(body.code === code && body.type === `/docs/problems#${code}` ? [] : [`code ${body.code}, ${body.type}`]),
  ];
}
