import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { readContract } from '../contract/contract.js';
import type { Config } from '../domain/contract.js';

/** A finding: where in the document (keys from the root), and what is wrong in words that name what would be right. */
export interface Finding {
  path: readonly string[];
  message: string;
}

/** Keywords whose message alone does not tell what would be right. */
const DESCRIBED: ReadonlySet<string> = new Set(['pattern', 'minProperties', 'maxProperties']);

let validate: ValidateFunction<Config> | undefined;

/** Checks a configuration against the contract's schema and fills in the defaults of what is there, in place. */
export function checkConfig(config: unknown): Finding[] {
  validate ??= compile();
  return validate(config)
    ? []
    : (validate.errors ?? []).filter(error => error.keyword !== 'propertyNames').map(toFinding);
}

function compile(): ValidateFunction<Config> {
  const ajv = new Ajv2020({ allErrors: true, useDefaults: true, verbose: true, strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'contract', ...readContract() });
  return ajv.compile<Config>({ $ref: 'contract#/components/schemas/Config' });
}

/** Keys whose values are nobody's business. */
const SECRET = /^(?:secret|credential|password|token|hash)$/i;

/** A value as a finding shows it: short, and without what is secret. */
function show(path: readonly string[], value: unknown): string | undefined {
  if (SECRET.test(path.at(-1) ?? '')) return 'not shown';
  return JSON.stringify(value, (key, inner: unknown) => (SECRET.test(key) ? '***' : inner))?.slice(0, 100);
}

function toFinding(error: ErrorObject): Finding {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const { keyword, params } = error;
  if (keyword === 'additionalProperties') {
    const known = Object.keys((error.parentSchema as { properties?: object })?.properties ?? {});
    return {
      path: [...path, String(params.additionalProperty)],
      message: `is not a key that is known here; the keys are ${known.join(', ')}`,
    };
  }
  if (error.propertyName !== undefined) {
    return {
      path: [...path, error.propertyName],
      message: 'is no name for a camera: letters, digits, "-" and "_", at most 63, the first a letter or digit',
    };
  }
  if (keyword === 'required') return { path, message: `lacks the key "${params.missingProperty}"` };
  const shown = show(path, error.data);
  if (keyword === 'enum')
    return { path, message: `is ${shown}; it must be one of ${(params.allowedValues as string[]).join(', ')}` };
  if (keyword === 'type') return { path, message: `is ${shown}; it must be of type ${params.type}` };
  const description = (error.parentSchema as { description?: string })?.description
    ?.split('\n')
    .slice(0, 2)
    .join(' ')
    .trim();
  return {
    path,
    message: `is ${shown}; it ${error.message}${DESCRIBED.has(keyword) && description ? `: ${description}` : ''}`,
  };
}
