import type { ErrorObject } from 'ajv/dist/2020.js';

/** What is wrong in a document: where (keys from its root), and in words that name what would be right. */
export interface Finding {
  path: readonly string[];
  message: string;
}

/** Keywords whose message alone does not tell what would be right. */
const DESCRIBED: ReadonlySet<string> = new Set(['pattern', 'minProperties', 'maxProperties']);

/**
 * What a schema's check found, in words: the same for the configuration file and for bodies over HTTP.
 * @param errors of an Ajv with `verbose` and `allErrors`
 */
export function findingsOf(errors: readonly ErrorObject[]): Finding[] {
  return errors.filter(error => error.keyword !== 'propertyNames').map(toFinding);
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
    const what =
      path.at(-1) === 'controls'
        ? 'is no name of a control: small letters, digits and "_", at most 63'
        : 'is no name for a camera: letters, digits, "-" and "_", at most 63, the first a letter or digit';
    return { path: [...path, error.propertyName], message: what };
  }
  if (keyword === 'required') return { path, message: `lacks the key "${params.missingProperty}"` };
  const shown = show(path, error.data);
  if (keyword === 'enum')
    return { path, message: `is ${shown}; it must be one of ${(params.allowedValues as string[]).join(', ')}` };
  if (keyword === 'type') return { path, message: `is ${shown}; it must be of type ${params.type}` };
  const right = DESCRIBED.has(keyword) ? describe(error.parentSchema as Described | undefined) : '';
  return { path, message: `is ${shown}; it ${error.message}${right}` };
}

interface Described {
  description?: string;
  examples?: readonly unknown[];
}

/** What a schema says of itself, as far as it fits into a line, and what may stand there. */
function describe(schema: Described = {}): string {
  const lines = schema.description?.split('\n').slice(0, 2).join(' ').trim().replace(/:$/, '') ?? '';
  const examples = (schema.examples ?? []).filter(example => typeof example === 'string').join(', ');
  return [lines, examples && `as in ${examples}`]
    .filter(text => text !== '')
    .map((text, i) => `${i === 0 ? ': ' : ', '}${text}`)
    .join('');
}
