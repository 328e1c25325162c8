import t from 'tap';
import { frameAgeMs } from '../../src/worker/encoding/frame-time.js';
import { takeSnapshot } from '../../src/worker/encoding/snapshot.js';
import { CameraFailure } from '../../src/worker/failure.js';

t.test('a frame that cannot be decoded is a failure with a remedy', async t => {
  const output = {
    stream: null,
    lastFrame: () => Promise.reject(new Error('avdec_h264-0: no frame')),
    requestKeyframe: () => undefined,
  };
  const error = await takeSnapshot(output).catch((error: unknown) => error);
  t.ok(error instanceof CameraFailure, `it is ${error}`);
  t.match(error, { message: /avdec_h264-0: no frame/, remedy: /Try again/, code: 'camera-unavailable' });
});

t.test('the age of a frame', t => {
  t.equal(frameAgeMs(120, 20), 120, 'by its own timestamp');
  t.equal(frameAgeMs(0, 20), 0, "by a sender's clock that is ahead");
  t.equal(frameAgeMs(null, 20), 20, 'it has none');
  t.equal(frameAgeMs(600_000, 20), 20, 'its own timestamp is unrelated to the clock');
  t.equal(frameAgeMs(600_000, 599_000), 600_000, 'no frame has arrived since');
  t.end();
});
