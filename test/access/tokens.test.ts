import t from 'tap';
import { allows, type Grant, NOBODY } from '../../src/domain/access.js';
import type { Role } from '../../src/domain/contract.js';
import {
  findToken,
  hashToken,
  type KnownToken,
  makeToken,
  readHash,
  showHash,
} from '../../src/server/access/tokens.js';

t.test('a token is random, and its hash is that of sha256sum', t => {
  t.match(makeToken(), /^[\w-]{32}$/, '192 bits');
  t.not(makeToken(), makeToken());
  t.equal(showHash(hashToken('abc')), 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  const made = Array.from({ length: 2000 }, makeToken);
  t.strictSame(
    made.filter(token => !/^[A-Za-z0-9]/.test(token)),
    [],
    'none of 2,000 begins with "-"',
  );
  const hash = hashToken(makeToken());
  t.ok(readHash(showHash(hash)).equals(hash));
  t.ok(readHash(showHash(hash).toUpperCase()).equals(hash), 'in capitals, as some programs print it');
  t.end();
});

t.test('a token is found anywhere in the list, and nothing else is', t => {
  const tokens = Array.from({ length: 5 }, makeToken);
  const known = tokens.map(
    (token, index): KnownToken => ({
      grant: { name: `t${index}`, permissions: [] },
      hash: hashToken(token),
      expiresAt: null,
    }),
  );
  for (const [index, token] of tokens.entries()) {
    t.equal(findToken(known, token)?.grant.name, `t${index}`);
    for (const near of [`${token}x`, token.slice(1), token.toLowerCase(), ` ${token}`, showHash(hashToken(token))])
      t.equal(findToken(known, near), null, 'neither a near one nor the hash itself');
  }
  t.equal(findToken([], 'x'), null);
  t.equal(findToken(known, ''), null);
  t.end();
});

t.test('roles, and their cameras', t => {
  const grant = (...permissions: Grant['permissions']): Grant => ({ name: 'x', permissions });
  const roles: readonly Role[] = ['view', 'publish', 'admin'];
  const having = (held: Grant, camera?: string): string => roles.filter(role => allows(held, role, camera)).join(' ');
  t.equal(having(grant({ role: 'view' })), 'view');
  t.equal(having(grant({ role: 'publish' })), 'publish', 'publish does not include view');
  t.equal(having(grant({ role: 'admin' }), 'front'), 'view publish admin');
  t.equal(having(NOBODY), '');
  t.equal(having(NOBODY, 'front'), '');
  const limited = grant({ role: 'view' }, { role: 'publish', cameras: ['stage'] }, { role: 'admin', cameras: ['arm'] });
  t.equal(having(limited, 'front'), 'view');
  t.equal(having(limited, 'stage'), 'view publish');
  t.equal(having(limited, 'arm'), 'view publish admin');
  t.equal(having(limited), 'view publish admin', 'on some camera');
  const nothing = grant({ role: 'view', cameras: [] });
  t.equal(having(nothing, 'front'), '');
  for (const camera of ['toString', '__proto__', ''])
    t.equal(having(grant({ role: 'view', cameras: ['a'] }), camera), '');
  t.end();
});
