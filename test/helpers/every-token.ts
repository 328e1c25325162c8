import { hashToken, showHash } from '../../src/server/access/tokens.js';
import { TOKEN } from './app.js';
import { forge, KEYS, now, pem, sign } from './jwt.js';
import { issue } from './tokens.js';

const ROLES = ['view', 'publish', 'admin'] as const;
/** The outcome of a request, by its token: known and permitted, unknown, known and not permitted. */
export type Verdict = 'right' | 'wrong' | 'forbidden';

/** Tokens of every kind with the configuration that accepts them, and the outcome of each for a guarded operation. */
export async function everyToken() {
  const jwt = [{ name: 'id', key: { publicKey: pem(KEYS.EdDSA.publicKey) }, audience: 'robot-7' }];
  const jot = (claims: object, key = KEYS.EdDSA.privateKey) => sign('EdDSA', key, { aud: 'robot-7', ...claims });
  const old = issue('old', { role: 'admin' });
  const known = ROLES.flatMap(role => [
    { role, camera: null, ...issue(role, { role }) },
    { role, camera: 'arm', ...issue(`${role} arm`, { role, cameras: ['arm'] }) },
    { role, camera: 'road', ...issue(`${role} road`, { role, cameras: ['road'] }) },
  ]);
  const nothing = issue('nothing', { role: 'view', cameras: [] });
  const jots = await Promise.all(
    ROLES.flatMap(role =>
      [null, 'arm', 'road'].map(async camera => ({
        ...{ role, camera },
        token: await jot({ bigfootbot: { role, ...(camera === null ? {} : { cameras: [camera] }) } }),
      })),
    ),
  );
  const wrong: Record<string, string> = {
    nonsense: 'nonsense-of-a-token',
    'with more behind it': `${TOKEN}x`,
    'cut off': TOKEN.slice(0, -1),
    'its hash': showHash(hashToken(TOKEN)),
    expired: old.token,
    'a JWT that has expired': await jot({ exp: now() - 3_600 }),
    'a JWT that has not begun': await jot({ nbf: now() + 3_600 }),
    'a JWT without an end': await jot({ exp: undefined }),
    'a JWT for another': await jot({ aud: 'robot-8' }),
    'a JWT of another key': await jot({}, KEYS.otherEdDSA.privateKey),
    'a JWT that nobody signed': forge(
      { alg: 'none' },
      { exp: now() + 3_600, aud: 'robot-7', bigfootbot: { role: 'admin' } },
    ),
  };
  return {
    access: {
      jwt,
      tokens: [{ ...old.entry, expires: '2020-01-01T00:00:00Z' }, nothing.entry, ...known.map(({ entry }) => entry)],
    },
    tokens: [
      ...Object.entries(wrong).map(([name, token]) => ({ name, token, verdict: (): Verdict => 'wrong' })),
      {
        name: 'for no camera',
        token: nothing.token,
        verdict: (role: string, onCamera: boolean): Verdict => (role === 'view' && !onCamera ? 'right' : 'forbidden'),
      },
      ...[...known, ...jots].map(({ role, camera, token }) => ({
        name: `${token.includes('.') ? 'JWT ' : ''}${role} ${camera ?? 'everywhere'}`,
        token,
        verdict: (needed: string, onCamera: boolean): Verdict =>
          (role === needed || role === 'admin') && (camera !== 'arm' || !onCamera) ? 'right' : 'forbidden',
      })),
      { name: "the server's own", token: TOKEN, verdict: (): Verdict => 'right' },
    ],
  };
}
