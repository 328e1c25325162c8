import t from 'tap';
import { Gst } from '../../src/gst/native.js';
import type { StreamPipeline } from '../../src/worker/encoding/stream-pipeline.js';
import { Inspection, isReordered } from '../../src/worker/sources/inspection.js';

t.test('frames that are presented in another order than they arrive', t => {
  t.notOk(isReordered([]));
  t.notOk(isReordered([0n, 40n, 80n]));
  t.notOk(isReordered([40n, 40n]), 'two at a time');
  t.ok(isReordered([0n, 120n, 40n, 80n]), 'B-frames');
  t.end();
});

t.test('a frame without a timestamp is not a B-frame', t => {
  const none = Gst.CLOCK_TIME_NONE;
  t.notOk(isReordered([0n, none, 40n]));
  t.notOk(isReordered([none, 0n, 40n]));
  t.ok(isReordered([0n, 80n, none, 40n]), 'one between others does not hide B-frames');
  t.end();
});

t.test('a stream that cannot be inspected is reported, and still served', async t => {
  const branches = {
    add: () => {
      throw new Error('the tee gave no pad');
    },
  };
  const found = await new Promise<unknown>(resolve => {
    const stream = { video: { branches } } as unknown as StreamPipeline;
    const inspection = new Inspection(
      () => stream,
      () => t.fail('nothing was found'),
      resolve,
    );
    t.teardown(() => inspection.close());
    inspection.begin(0);
  });
  t.match(found, { message: 'the tee gave no pad' });
});
