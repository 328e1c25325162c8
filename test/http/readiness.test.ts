import t from 'tap';
import { NOT_STARTED } from '../../src/domain/cameras.js';
import { checkReadiness } from '../../src/server/http/readiness.js';
import { TOKEN, testApp } from '../helpers/app.js';
import { breaches, problemBreaches } from '../helpers/contract.js';
import { bearer, issue } from '../helpers/tokens.js';

t.test('before the configuration takes effect the server is not ready, even without cameras', t => {
  const cameras: never[] = [];
  t.throws(() => checkReadiness({ started: false, cameras }, () => true), { code: 'not-ready', retryAfter: 2 });
  checkReadiness({ started: true, cameras }, () => true);
  t.end();
});

t.test('ready when each camera can serve; otherwise authorized clients learn which cannot, and why', async t => {
  const arm = issue('arm', { role: 'view', cameras: ['arm'] });
  const publisher = issue('publisher', { role: 'publish' });
  const test = await testApp(t, 5, { access: { tokens: [arm.entry, publisher.entry] } });
  const { app, cameras } = test;
  const ask = (token?: string) => app.inject({ url: '/readyz', headers: token === undefined ? {} : bearer(token) });
  const refused = async (detail: string, token?: string) => {
    const response = await ask(token);
    t.strictSame(problemBreaches(response, 503, 'not-ready'), []);
    t.strictSame(breaches('getReadiness', response), []);
    t.equal(response.json().detail, detail);
    t.ok(Number(response.headers['retry-after']) > 0);
  };

  await refused('3 of 3 cameras are not ready.');
  await refused('3 of 3 cameras are not ready: "road" is starting; "arm" is starting; "phone" is starting.', TOKEN);
  cameras.update('phone', { ...NOT_STARTED, state: 'waiting' });
  cameras.update('road', { ...NOT_STARTED, state: 'down', problem: { detail: 'it died' } });
  cameras.update('arm', { ...NOT_STARTED, state: 'lost', problem: { detail: 'unplugged', remedy: 'plug it in' } });
  await refused('2 of 3 cameras are not ready.');
  await refused('2 of 3 cameras are not ready: "road" is down (it died); "arm" is lost (unplugged).', TOKEN);
  await refused('2 of 3 cameras are not ready: "arm" is lost (unplugged); 1 more.', arm.token);
  cameras.update('arm', { ...NOT_STARTED, state: 'idle' });
  await refused('1 of 3 cameras is not ready.', arm.token);
  cameras.update('road', { ...NOT_STARTED, state: 'live' });
  for (const token of [undefined, TOKEN, arm.token]) {
    const response = await ask(token);
    t.equal(response.statusCode, 200);
    t.strictSame(response.json(), { status: 'ready' });
    t.strictSame(breaches('getReadiness', response), []);
  }
  t.equal((await ask(publisher.token)).statusCode, 403);
  t.equal((await ask('wrong')).statusCode, 401);
});
