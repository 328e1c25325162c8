import t from 'tap';
import { type Contract, readContract } from '../../src/contract/contract.js';
import { rulesOf } from '../../src/contract/security.js';

/** The contract with one path added or replaced. */
function withPath(path: string, item: object): Contract {
  const contract = readContract();
  return { ...contract, paths: { ...contract.paths, [path]: item as Contract['paths'][string] } };
}

const operation = (security?: unknown): object => ({
  operationId: 'x',
  ...(security === undefined ? {} : { security }),
});

t.test('the role that each operation of the contract needs', t => {
  const rules = rulesOf(readContract());
  const cases: [string, string, string | undefined][] = [
    ['GET /healthz', 'open', undefined],
    ['GET /readyz', 'optional', 'view'],
    ['GET /metrics', 'required', 'view'],
    ['GET /api/v1/cameras', 'required', 'view'],
    ['HEAD /api/v1/cameras', 'required', 'view'],
    ['DELETE /api/v1/sessions/:session', 'required', 'admin'],
    ['POST /whep/:camera', 'required', 'view'],
    ['OPTIONS /whep/:camera', 'optional', 'view'],
    ['GET /signaling', 'identified', 'view'],
    ['DELETE /whep/:camera/:secret', 'session', 'view'],
    ['OPTIONS /whep/:camera/:secret', 'open', undefined],
  ];
  for (const [key, kind, role] of cases) {
    t.equal(rules.get(key)?.kind, kind, key);
    if (role !== undefined) t.equal(rules.get(key)?.role, role, key);
  }
  const open = [...rules].filter(([, { kind }]) => kind === 'open').map(([key]) => key);
  t.ok(
    open.every(key => key.startsWith('OPTIONS ') || key.endsWith(' /healthz')),
    `nothing else is open to all: ${open.join(', ')}`,
  );
  t.end();
});

t.test('an operation without security needs admin', t => {
  t.strictSame(rulesOf(withPath('/new', { put: operation() })).get('PUT /new'), { kind: 'required', role: 'admin' });
  t.end();
});

t.test('operations below a session belong to it', t => {
  const rules = rulesOf(withPath('/whep/{camera}/{secret}/sse/{id}', { get: operation([]) }));
  t.strictSame(rules.get('GET /whep/:camera/:secret/sse/:id'), { kind: 'session', role: 'view' });
  t.end();
});

t.test('a contract that the guard does not understand is refused', t => {
  const wrong: [string, string, object][] = [
    ['no role', '/new', { get: operation([{ bearer: [] }]) }],
    ['another role', '/new', { get: operation([{ bearer: ['root'] }]) }],
    ['two roles', '/new', { get: operation([{ bearer: ['view', 'publish'] }]) }],
    ['one of two', '/new', { get: operation([{ bearer: ['view'] }, { bearer: ['publish'] }]) }],
    ['another scheme', '/new', { get: operation([{ cookie: ['view'] }]) }],
    ['optional, without a role', '/new', { get: operation([{}]) }],
    ['a session that no operation creates', '/new/{secret}', { delete: operation([]) }],
  ];
  for (const [name, path, item] of wrong)
    t.throws(() => rulesOf(withPath(path, item)), /"security" of x|no POST/, name);
  t.end();
});
