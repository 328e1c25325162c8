import t from 'tap';
import { rateOf } from '../../src/worker/encoding/placeholder.js';

t.test('a placeholder keeps the rate of the frames before it', t => {
  t.strictSame(rateOf('video/x-raw, format=(string)I420, framerate=(fraction)30000/1001, width=(int)640', 15), {
    framerate: '30000/1001',
    caps: 'video/x-raw, format=(string)I420, width=(int)640, framerate=(fraction)30000/1001',
  });
  t.strictSame(
    rateOf('video/x-raw, width=(int)640, framerate=(fraction)0/1', 15),
    { framerate: '15/1', caps: 'video/x-raw, width=(int)640, framerate=(fraction)15/1' },
    'a decoded frame whose stream has no rate',
  );
  t.strictSame(rateOf('video/x-raw, width=(int)640', 15).caps, 'video/x-raw, width=(int)640, framerate=(fraction)15/1');
  t.strictSame(rateOf(null, 15), { framerate: '15/1', caps: null });
  t.end();
});
