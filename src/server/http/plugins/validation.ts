import { Ajv2020, type Options } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import type { FastifyInstance } from 'fastify';

// All findings of a body are told, with what was right: its size is limited before.
const COMMON: Options = { strict: false, allErrors: true, verbose: true };

/**
 * Checks requests by the contract. What is in a URL is text, so it is read as what the contract wants; a body is taken
 * as it is: with defaults filled in nobody would know what was given, and "80" is no number.
 */
export function validate(app: FastifyInstance): void {
  const ofUrls = ajvFormats.default(new Ajv2020({ ...COMMON, coerceTypes: true, useDefaults: true }));
  const ofBodies = ajvFormats.default(new Ajv2020(COMMON));
  app.setValidatorCompiler(({ schema, httpPart }) =>
    (httpPart === 'body' ? ofBodies : ofUrls).compile(schema as object),
  );
}
