import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { readContract } from '../../contract/contract.js';
import type { Permission } from '../../domain/contract.js';

interface Claims {
  bigfootbot: Permission | Permission[];
}

let validate: ValidateFunction<Claims> | undefined;

/** The permissions in a JWT's claims; null where they do not match the contract's schema Claims. */
export function permissionsIn(claims: object): readonly Permission[] | null {
  validate ??= compile();
  if (!validate(claims)) return null;
  const { bigfootbot } = claims;
  return Array.isArray(bigfootbot) ? bigfootbot : [bigfootbot];
}

function compile(): ValidateFunction<Claims> {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'contract', ...readContract() });
  return ajv.compile<Claims>({ $ref: 'contract#/components/schemas/Claims' });
}
