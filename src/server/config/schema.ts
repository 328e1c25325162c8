import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { readContract } from '../../contract/contract.js';
import { type Finding, findingsOf } from '../../contract/finding.js';
import type { Config } from '../../domain/contract.js';

let validate: ValidateFunction<Config> | undefined;

/** Validates a configuration against the contract's schema, and fills in defaults in place. */
export function checkConfig(config: unknown): Finding[] {
  validate ??= compile();
  return validate(config) ? [] : findingsOf(validate.errors ?? []);
}

function compile(): ValidateFunction<Config> {
  const ajv = new Ajv2020({ allErrors: true, useDefaults: true, verbose: true, strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'contract', ...readContract() });
  return ajv.compile<Config>({ $ref: 'contract#/components/schemas/Config' });
}
