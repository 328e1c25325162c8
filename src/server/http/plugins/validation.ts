import { Ajv2020, type Options } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import type { FastifyInstance } from 'fastify';

// Reports all findings of a body, with what is valid: its size is limited before.
const COMMON: Options = { strict: false, allErrors: true, verbose: true };

/**
 * Validates requests against the contract. Values in a URL are text, so they are converted to the types of the
 * contract; a body is not: with defaults filled in nobody could tell what was sent, and "80" is not a number.
 */
export function validate(app: FastifyInstance): void {
  const ofUrls = ajvFormats.default(new Ajv2020({ ...COMMON, coerceTypes: true, useDefaults: true }));
  const ofBodies = ajvFormats.default(new Ajv2020(COMMON));
  app.setValidatorCompiler(({ schema, httpPart }) =>
    (httpPart === 'body' ? ofBodies : ofUrls).compile(schema as object),
  );
}
