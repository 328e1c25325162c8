import t, { type Test } from 'tap';
import { type Element, Gst } from '../../src/gst/native.js';
import { closePipeline, element, parseLaunch } from '../../src/gst/pipeline.js';
import { Fanout } from '../../src/worker/encoding/fanout.js';
import { describeFanout } from '../../src/worker/encoding/launch.js';
import { sleep, until } from '../helpers/server.js';

const STUCK_MS = 200;

/** A fanout of so many frames that come at once, and the queue of the thread that serves the viewers. */
function makeFanout(t: Test, frames: number, msPerFrame: number): { fanout: Fanout; queue: Element } {
  const pipeline = parseLaunch(`fakesrc num-buffers=${frames} ! ${describeFanout('video')}`);
  // Microseconds.
  element(pipeline, 'video-sent').sleepTime = msPerFrame * 1000;
  const fanout = new Fanout(pipeline, 'video', STUCK_MS);
  t.teardown(() => closePipeline(pipeline));
  pipeline.setState(Gst.State.PLAYING);
  return { fanout, queue: element(pipeline, 'video-queue') };
}

t.test('a fanout that dropped frames, and then gets none, is not stuck', async t => {
  const { fanout, queue } = makeFanout(t, 500, 2);
  await until('what was not dropped is sent', () => fanout.count() === 500 && queue.currentLevelBuffers === 0);
  // The last one is counted when it has left the queue.
  await sleep(STUCK_MS);
  t.notOk(fanout.isStuck());
  const { encoded, sent, overrun } = fanout.totals();
  t.ok(sent > 0 && sent < encoded, `${sent} of ${encoded} were sent`);
  t.equal(overrun, encoded - sent, 'what was dropped is counted');
  t.strictSame(fanout.totals().overrun, overrun);
  await sleep(2 * STUCK_MS);
  t.notOk(fanout.isStuck(), 'nothing is queued');
});

t.test('a fanout whose frames are not consumed is stuck', async t => {
  const { fanout } = makeFanout(t, 10, 3_000);
  await until('all came', () => fanout.count() === 10);
  t.notOk(fanout.isStuck(), 'not at once');
  await until('it is stuck', () => fanout.isStuck());
});

t.test('keyframes are counted where they pass', async t => {
  const frames = 'videotestsrc num-buffers=30 ! video/x-raw,width=64,height=48,framerate=30/1';
  const pipeline = parseLaunch(`${frames} ! vp8enc deadline=1 keyframe-max-dist=10 ! ${describeFanout('video')}`);
  const fanout = new Fanout(pipeline, 'video', STUCK_MS);
  t.teardown(() => closePipeline(pipeline));
  t.equal(fanout.totals().keyframes, 0);
  pipeline.setState(Gst.State.PLAYING);
  await until('all came', () => fanout.totals().encoded === 30);
  t.equal(fanout.totals().keyframes, 3);
});
