import { createHash } from 'node:crypto';
import t from 'tap';
import { readContract } from '../../src/contract/contract.js';
import type { ProblemCode } from '../../src/domain/contract.js';
import { PROBLEMS, problem } from '../../src/server/http/problems.js';
import { testApp } from '../helpers/app.js';

const codes = Object.keys(PROBLEMS) as ProblemCode[];

t.test('the type of every problem resolves to its section of the problems page', async t => {
  const { app } = await testApp(t);
  t.ok(codes.length > 30, `${codes.length} codes`);
  for (const code of codes) {
    const { type, title } = problem(code, 'a detail');
    t.equal(type, `/docs/problems#${code}`);
    const { pathname, hash } = new URL(type, 'http://robot');
    const { statusCode, body } = await app.inject(pathname);
    t.equal(statusCode, 200, code);
    t.equal(body.split(` id="${hash.slice(1)}"`).length, 2, `one element has the id ${code}`);
    t.ok(body.includes(title), title);
  }
});

t.test('the table has exactly the codes of the contract', t => {
  const schemas = readContract().components.schemas as { problem?: { properties: { code: { enum: string[] } } } };
  t.strictSame([...codes].sort(), [...(schemas.problem?.properties.code.enum ?? [])].sort());
  t.end();
});

t.test('the problems page needs no token and nothing that its policy forbids', async t => {
  const { app } = await testApp(t);
  const { statusCode, headers, body } = await app.inject('/docs/problems');
  t.equal(statusCode, 200);
  t.match(headers['content-type'], /^text\/html; charset=utf-8$/);
  const policy = String(headers['content-security-policy']);
  t.match(policy, /default-src 'none'/);
  t.notMatch(policy, /unsafe/);
  const styles = [...body.matchAll(/<style>(.*?)<\/style>/gs)].map(([, style = '']) => style);
  t.equal(styles.length, 1);
  for (const style of styles)
    t.ok(policy.includes(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`));
  t.notMatch(body, /<script|<link|<img|\sstyle=|\son\w+=|src=/, 'self-contained, without scripts');
  t.equal((await app.inject({ method: 'HEAD', url: '/docs/problems' })).statusCode, 200);
  t.equal((await app.inject('/docs/problems/')).statusCode, 200);
});

t.test('the problems page is not part of the contract', async t => {
  const { app } = await testApp(t);
  t.notOk('/docs/problems' in (await app.inject('/docs/json')).json().paths);
});
