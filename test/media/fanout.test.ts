import t, { type Test } from 'tap';
import { type Element, Gst } from '../../src/gst/native.js';
import { closePipeline, element, parseLaunch } from '../../src/gst/pipeline.js';
import { Fanout } from '../../src/worker/encoding/fanout.js';
import { describeFanout } from '../../src/worker/encoding/launch.js';
import { sleep, until } from '../helpers/server.js';

const STUCK_MS = 200;

/** A fan of so many pictures that come at once, and the element in the thread that serves the viewers. */
function makeFanout(t: Test, pictures: number, msPerPicture: number): { fan: Fanout; queue: Element } {
  const pipeline = parseLaunch(`fakesrc num-buffers=${pictures} ! ${describeFanout('video')}`);
  // Microseconds.
  element(pipeline, 'video-sent').sleepTime = msPerPicture * 1000;
  const fan = new Fanout(pipeline, 'video', STUCK_MS);
  t.teardown(() => closePipeline(pipeline));
  pipeline.setState(Gst.State.PLAYING);
  return { fan, queue: element(pipeline, 'video-queue') };
}

t.test('a fan that had to drop pictures, and then gets none, is not stuck', async t => {
  const { fan, queue } = makeFanout(t, 500, 2);
  await until('what was not dropped is sent', () => fan.count() === 500 && queue.currentLevelBuffers === 0);
  // The last one is counted when the queue has let it go.
  await sleep(STUCK_MS);
  t.notOk(fan.isStuck());
  const { encoded, sent, overrun } = fan.totals();
  t.ok(sent > 0 && sent < encoded, `${sent} of ${encoded} were sent`);
  t.equal(overrun, encoded - sent, 'what was dropped is counted');
  t.strictSame(fan.totals().overrun, overrun);
  await sleep(2 * STUCK_MS);
  t.notOk(fan.isStuck(), 'nothing waits');
});

t.test('a fan with pictures that nobody takes away is stuck', async t => {
  const { fan } = makeFanout(t, 10, 3_000);
  await until('all came', () => fan.count() === 10);
  t.notOk(fan.isStuck(), 'not at once');
  await until('it is stuck', () => fan.isStuck());
});

t.test('keyframes are counted where they pass', async t => {
  const pictures = 'videotestsrc num-buffers=30 ! video/x-raw,width=64,height=48,framerate=30/1';
  const pipeline = parseLaunch(`${pictures} ! vp8enc deadline=1 keyframe-max-dist=10 ! ${describeFanout('video')}`);
  const fan = new Fanout(pipeline, 'video', STUCK_MS);
  t.teardown(() => closePipeline(pipeline));
  t.equal(fan.totals().keyframes, 0);
  pipeline.setState(Gst.State.PLAYING);
  await until('all came', () => fan.totals().encoded === 30);
  t.equal(fan.totals().keyframes, 3);
});
