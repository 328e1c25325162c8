import type { ErrorObject } from 'ajv/dist/2020.js';

/** An error in a document: its place (keys from the root), and a message that says what is valid. */
export interface Finding {
  path: readonly string[];
  message: string;
}

/** Keywords whose message alone does not say what is valid. */
const DESCRIBED: ReadonlySet<string> = new Set(['pattern', 'minProperties', 'maxProperties']);

/**
 * Turns validation errors into messages: the same for the configuration file and for bodies over HTTP.
 * @param errors of an Ajv with `verbose` and `allErrors`
 */
export function findingsOf(errors: readonly ErrorObject[]): Finding[] {
  return errors.filter(error => error.keyword !== 'propertyNames').map(toFinding);
}

/** Keys whose values are not shown. */
const SECRET = /^(?:secret|credential|password|token|hash)$/i;

/** A value for a message: short, and without secrets. */
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
      message: `is not a known key; the keys are ${known.join(', ')}`,
    };
  }
  if (error.propertyName !== undefined) {
    const message =
      path.at(-1) === 'controls'
        ? 'is not a valid control name: lowercase letters, digits and "_", at most 63'
        : 'is not a valid camera name: letters, digits, "-" and "_", at most 63, the first a letter or digit';
    return { path: [...path, error.propertyName], message };
  }
  if (keyword === 'required') return { path, message: `lacks the key "${params.missingProperty}"` };
  const shown = show(path, error.data);
  if (keyword === 'enum')
    return { path, message: `is ${shown}; it must be one of ${(params.allowedValues as string[]).join(', ')}` };
  if (keyword === 'type') return { path, message: `is ${shown}; it must be of type ${params.type}` };
  const description = DESCRIBED.has(keyword)
    ? describe(error.parentSchema as { description?: string; examples?: unknown[] })
    : '';
  return { path, message: `is ${shown}; it ${error.message}${description}` };
}

/** The first two lines of a schema's description; if they introduce a list, the schema's examples follow. */
function describe({
  description = '',
  examples = [],
}: {
  description?: string;
  examples?: readonly unknown[];
}): string {
  const text = description.split('\n').slice(0, 2).join(' ').trim();
  if (text === '') return '';
  return `: ${text}${text.endsWith(':') ? ` ${examples.filter(example => typeof example === 'string').join(', ')}` : ''}`;
}
