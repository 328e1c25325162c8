import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Source } from '../../src/domain/source.js';
import { inspectMachine } from '../../src/gst/machine.js';
import { Gst, type Sample } from '../../src/gst/native.js';
import { closePipeline, element, pad, parseLaunch, shareClock } from '../../src/gst/pipeline.js';
import { TeeLink } from '../../src/gst/tee-link.js';
import { readTimeMark, TIME_MARK_CORNER } from '../../src/protocol/time-mark.js';
import { sourceProperty } from '../../src/worker/encoding/launch.js';
import { Capture } from '../../src/worker/sources/capture.js';
import { describeCapture } from '../../src/worker/sources/capture-line.js';
import { useMarkFont } from '../../src/worker/sources/time-mark.js';
import { makeVideo } from '../helpers/make-video.js';
import { until } from '../helpers/server.js';

// The mark that a capture writes into its frames is read after encoding and decoding.

useMarkFont();
const machine = inspectMachine();
const format = { width: 320, height: 240, framerate: 30 };
const { width, height } = TIME_MARK_CORNER;
const MARKS = 15;

/** Opens a source, and reads marks: ns from each capture to the decoded frame, and the share of successful reads. */
async function delaysOf(t: Test, source: Source, baseTime: bigint): Promise<{ delays: bigint[]; share: number }> {
  const line = describeCapture({ source, format, mode: null, machine, timeMark: true });
  const capture = new Capture({ source, line, property: sourceProperty(source), baseTime });
  const viewer = parseLaunch(
    'videoconvert name=in ! x264enc tune=zerolatency speed-preset=ultrafast bitrate=300 ! avdec_h264 ! videoconvert ! ' +
      `video/x-raw,format=GRAY8 ! videocrop name=crop right=${format.width - width} bottom=${format.height - height} ! ` +
      'fakesink name=last sync=false enable-last-sample=true',
  );
  shareClock(viewer, baseTime);
  const feed = new TeeLink(capture.tee, viewer, pad(element(viewer, 'in'), 'sink'));
  t.teardown(() => {
    feed.close();
    closePipeline(viewer);
    capture.close();
  });
  viewer.setState(Gst.State.PLAYING);
  const marks = new Map<bigint, bigint>();
  let reads = 0;
  let last = -1n;
  await until(
    `${source.type}: ${MARKS} marks`,
    () => {
      const failure = capture.check();
      if (failure) throw failure;
      const sample = element(viewer, 'last').lastSample as Sample | null;
      if (!sample || sample.getBuffer().pts === last) return false;
      last = sample.getBuffer().pts;
      reads++;
      const data = sample.getBuffer().extractDup(0, BigInt(width * height));
      const mark = readTimeMark({ data, width, height, bytesPerPixel: 1 });
      if (mark !== null && !marks.has(mark)) marks.set(mark, Gst.SystemClock.obtain().getTime() - mark);
      return marks.size >= MARKS;
    },
    10_000,
  );
  return { delays: [...marks.values()], share: marks.size / reads };
}

const MS = 1_000_000n;

t.test('the mark is the monotonic clock at the capture, whenever the camera was opened', async t => {
  const path = makeVideo(join(t.testdir(), 'v.mp4'), { frames: 45, fps: 30, keyframeInterval: 30 });
  const line = 'videotestsrc is-live=true ! video/x-raw,format=YUY2,width=640,height=480,framerate=30/1';
  const baseTime = Gst.SystemClock.obtain().getTime() / 2n;
  const sources: Source[] = [{ type: 'test' }, { type: 'gst', line }, { type: 'file', path }];
  for (const source of sources) {
    const { delays, share } = await delaysOf(t, source, baseTime);
    // The mark has whole ms; the reader assumes the middle of that ms.
    t.ok(
      delays.every(delay => delay > -MS && delay < 2_000n * MS),
      `${source.type}: ${delays.map(delay => delay / MS)} ms`,
    );
    t.ok(share > 0.9, `${source.type}: ${share} of the frames are read`);
  }
});

t.test('process.hrtime is that clock', t => {
  const [before, clock, after] = [process.hrtime.bigint(), Gst.SystemClock.obtain().getTime(), process.hrtime.bigint()];
  t.ok(before <= clock && clock <= after);
  t.end();
});
