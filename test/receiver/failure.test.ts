import t from 'tap';
import { ReceiveFailure } from '../../src/receiver/failure.js';

t.test('detail and remedy in a line, with one full stop between them', t => {
  t.equal(new ReceiveFailure('internal', 'it broke').words, 'it broke');
  t.equal(new ReceiveFailure('internal', 'it broke.', 'Mend it.').words, 'it broke. Mend it');
  t.equal(new ReceiveFailure('internal', '', 'Mend it').words, 'Mend it');
  t.match(new ReceiveFailure('unavailable', 'a', 'b', 5), {
    code: 'unavailable',
    message: 'a',
    remedy: 'b',
    retryAfterMs: 5,
  });
  t.end();
});

t.test('a transient failure is retried even if it has never worked', t => {
  t.ok(new ReceiveFailure('unavailable', 'a').isTransient);
  for (const code of ['unreachable', 'unauthorized', 'no-common-codec', 'no-path', 'internal'] as const)
    t.notOk(new ReceiveFailure(code, 'a').isTransient, code);
  t.end();
});
