import t from 'tap';
import { credentialsFor } from '../../src/server/ice/credentials.js';

t.test('time-limited credentials are those of coturn', async t => {
  const access = { type: 'timed', secret: 'north', lifetime: 600 } as const;
  t.strictSame(credentialsFor(access, 'mouse', 1_433_895_318_500), {
    username: '1433895918:mouse',
    // printf %s 1433895918:mouse | openssl dgst -sha1 -hmac north -binary | base64
    credential: 'L/vTOKJprKnb9zfoaNi6B7tZU8o=',
  });
  t.equal(
    credentialsFor(access, 'a:b "c"\r\n', 0)?.username,
    '600:a_b__c___',
    'nothing in a name can end the time or the header',
  );
});

t.test('fixed credentials are the same for all, and an open server needs none', async t => {
  t.strictSame(credentialsFor({ type: 'fixed', username: 'u', credential: 'p' }, 'mouse'), {
    username: 'u',
    credential: 'p',
  });
  t.equal(credentialsFor({ type: 'open' }, 'mouse'), null);
});
