import {
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import type { Grant } from '../../domain/access.js';
import { Failure } from '../../domain/failure.js';
import { permissionsIn } from './claims.js';
import { KeysUnavailable } from './key-set.js';

/** An issuer whose JWTs are accepted. */
export interface Issuer {
  name: string;
  key: JWTVerifyGetKey;
  /** Those of the key's type. A token with any other `alg` is refused: neither `none` nor an HS256 signed with a public
   * key gets through. */
  algorithms: readonly string[];
  issuer?: string | undefined;
  audience?: string | undefined;
}

/** Seconds by which the clocks of robot and issuer may differ. */
const CLOCK_TOLERANCE = 60;
/** Characters; the headers of a request have 16 kB in total. */
const MAX_LENGTH = 8_192;

/** Whether a token has the form of a JWT. */
export const isJwt = (token: string): boolean => token.length <= MAX_LENGTH && /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token);

/**
 * Checks a JWT against each issuer (RFC 7519 §7.2).
 * @throws Failure unauthorized, keys-unavailable
 */
export async function verifyJwt(issuers: readonly Issuer[], token: string): Promise<Grant> {
  const algorithm = algorithmOf(token);
  const candidates = issuers.filter(({ algorithms }) => algorithms.includes(algorithm));
  try {
    // In parallel: an issuer with a slow key server must not delay the tokens of the others.
    return await Promise.any(candidates.map(issuer => verifyFor(issuer, token)));
  } catch (error) {
    const failures = error instanceof AggregateError ? error.errors : [error];
    throw clearest(failures);
  }
}

async function verifyFor(issuer: Issuer, token: string): Promise<Grant> {
  const options: JWTVerifyOptions = {
    algorithms: [...issuer.algorithms],
    clockTolerance: CLOCK_TOLERANCE,
    requiredClaims: ['exp'],
    ...(issuer.issuer === undefined ? {} : { issuer: issuer.issuer }),
    ...(issuer.audience === undefined ? {} : { audience: issuer.audience }),
  };
  const claims = await verifySignature(issuer.key, token, options);
  const permissions = permissionsIn(claims);
  if (permissions === null)
    throw new Failure('unauthorized', 'The token has no valid permissions.', {
      remedy:
        'Its claim "bigfootbot" should be like {"role":"view","cameras":["front"]}; GET /docs has the schema Claims.',
    });
  const subject = claims.sub === undefined ? '' : `: ${claims.sub.slice(0, 100)}`;
  return { name: `${issuer.name}${subject}`, permissions };
}

async function verifySignature(key: JWTVerifyGetKey, token: string, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, key, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    // The token names no key and the set has several: try each.
    for await (const candidate of error) {
      try {
        return (await jwtVerify(token, candidate, options)).payload;
      } catch (other) {
        if (!(other instanceof errors.JWSSignatureVerificationFailed)) throw other;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

function algorithmOf(token: string): string {
  try {
    return decodeProtectedHeader(token).alg ?? '';
  } catch {
    return '';
  }
}

/** The most helpful of the issuers' failures: what is wrong with a genuine token comes first. */
function clearest(failures: readonly unknown[]): Failure {
  const explained = failures.map(explain).find(failure => failure !== null);
  if (explained) return explained;
  const unavailable = failures.find(failure => failure instanceof KeysUnavailable);
  if (unavailable)
    return new Failure('keys-unavailable', `The keys of the token's issuer are unavailable: ${unavailable.message}.`, {
      remedy: "Check that the robot can reach the URL of the issuer's keys (access.jwt in its configuration).",
      retryAfter: unavailable.retryAfter,
    });
  return new Failure('unauthorized', 'The token is wrong.');
}

/** jose checks claims after the signature, so only the holder of a genuine token gets these details. */
function explain(error: unknown): Failure | null {
  const refuse = (detail: string, remedy?: string): Failure => new Failure('unauthorized', detail, { remedy });
  if (error instanceof Failure) return error;
  if (error instanceof errors.JWTExpired) return refuse('The token has expired.', 'Get a new one from its issuer.');
  if (!(error instanceof errors.JWTClaimValidationFailed)) return null;
  switch (error.claim) {
    case 'nbf':
      return refuse(
        `The token is not valid yet; by the robot's clock it is ${new Date().toISOString()}.`,
        'If that is wrong, set the clock of the robot.',
      );
    case 'exp':
      return refuse('The token has no expiry ("exp"), so it could never be revoked.', 'Have it issued with "exp".');
    case 'iss':
      return refuse('The issuer of the token ("iss") is not the configured one.');
    case 'aud':
      return refuse('The token is not for this robot: its "aud" is not the configured one.');
    default:
      return refuse(`The token's claim "${error.claim}" is not valid.`);
  }
}
