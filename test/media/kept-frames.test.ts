import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Gst, type Sample } from '../../src/gst/native.js';
import { EncoderChoice } from '../../src/worker/encoding/encoder-choice.js';
import { describeFanout } from '../../src/worker/encoding/launch.js';
import { Output } from '../../src/worker/encoding/output.js';
import { takeSnapshot, toJpeg } from '../../src/worker/encoding/snapshot.js';
import { StreamPipeline } from '../../src/worker/encoding/stream-pipeline.js';
import { CameraFailure } from '../../src/worker/failure.js';
import { sleep, until } from '../helpers/server.js';
import { shotOf } from '../helpers/shot.js';

// Which frame of an encoded stream a snapshot and a placeholder show, at any keyframe interval.

const FPS = 200;
/** More frames than are kept of any stream. */
const MANY = 700;
/** Grey levels that the source shows first and later; the placeholder dims them to about 0 and 50. */
const [BEFORE, AFTER] = [64, 192];

interface SourceOptions {
  /** Frames between the keyframes that it makes by itself. */
  keyframeInterval: number;
  makesKeyframes: boolean;
}

/** An output that passes through a stream of plain grey frames. */
async function passthrough(t: Test, { keyframeInterval, makesKeyframes }: SourceOptions) {
  const baseTime = Gst.SystemClock.obtain().getTime();
  const output = new Output({
    settings: { width: 64, height: 48, framerate: 30, bitrate: 500_000, keyframeInterval: 60 },
    encoders: new EncoderChoice(['x264enc'], () => undefined),
    baseTime,
    onChange: () => undefined,
    onFailure: failure => t.fail(failure.message),
    onVp8Failure: failure => t.fail(failure.message),
  });
  const line = [
    'videotestsrc name=source is-live=true pattern=solid-color',
    `video/x-raw,format=I420,width=64,height=48,framerate=${FPS}/1`,
    `x264enc tune=zerolatency speed-preset=ultrafast key-int-max=${keyframeInterval}`,
    'video/x-h264,profile=constrained-baseline',
    'h264parse',
    'video/x-h264,stream-format=byte-stream,alignment=au',
    describeFanout('video'),
  ].join(' ! ');
  const stream = new StreamPipeline('H264', line, baseTime, makesKeyframes ? 'event' : () => undefined);
  const show = (grey: number): void => {
    stream.element('source').foregroundColor = 0xff000000 + grey * 0x010101;
  };
  show(BEFORE);
  stream.video.pause();
  output.showStream({ stream, close: () => stream.close() });
  await sleep(0);
  stream.play();
  // As the owner of an output does.
  const looking = setInterval(() => output.check(), 20);
  t.teardown(() => {
    clearInterval(looking);
    output.close();
  });
  await output.firstFrame();
  const frames = () => stream.video.count();
  return {
    output,
    show,
    frames,
    /** Waits for so many more frames. */
    async pass(count: number): Promise<void> {
      const goal = frames() + count;
      await until(`${count} frames more`, () => frames() >= goal, 30_000);
    },
  };
}

async function greyOf(t: Test, jpeg: Uint8Array): Promise<number> {
  const file = join(t.testdir(), 'frame.jpg');
  writeFileSync(file, jpeg);
  const shot = await shotOf('filesrc name=source ! jpegdec', source => {
    source.location = file;
  });
  return shot.at(4, 4);
}

const snapshot = async (t: Test, output: Output) => await greyOf(t, (await takeSnapshot(output)).jpeg);

t.test('a publisher that makes keyframes only on request: a snapshot shows the current frame', async t => {
  const { output, show, pass } = await passthrough(t, { keyframeInterval: 1_000_000, makesKeyframes: true });
  t.ok(Math.abs((await snapshot(t, output)) - BEFORE) < 20);
  show(AFTER);
  for (let turn = 0; turn < 2; turn++) {
    await pass(MANY);
    const grey = await snapshot(t, output);
    t.ok(Math.abs(grey - AFTER) < 20, `it shows ${grey}, and ${AFTER} was sent for ${MANY} frames`);
  }
});

t.test('a publisher that makes no keyframe at all: there is no snapshot instead of an old one', async t => {
  const { output, show, pass } = await passthrough(t, { keyframeInterval: 1_000_000, makesKeyframes: false });
  t.ok(Math.abs((await snapshot(t, output)) - BEFORE) < 20);
  show(AFTER);
  await pass(MANY);
  const shown = await snapshot(t, output).catch((error: unknown) => error);
  if (!(shown instanceof CameraFailure)) t.fail(`it shows ${shown}, and ${AFTER} was sent for ${MANY} frames`);
  else t.match(shown, { message: /keyframe/, remedy: /keyframe/ });
});

t.test('keyframes farther apart than the kept frames: a snapshot waits for the next', async t => {
  const { output, show, pass, frames } = await passthrough(t, { keyframeInterval: 500, makesKeyframes: false });
  t.ok(Math.abs((await snapshot(t, output)) - BEFORE) < 20);
  show(AFTER);
  await pass(500 - (frames() % 500) + 400);
  const grey = await snapshot(t, output);
  t.ok(Math.abs(grey - AFTER) < 20, `it shows ${grey}`);
});

t.test('the placeholder shows the last frame before the loss', async t => {
  const { output, show, pass } = await passthrough(t, { keyframeInterval: 1_000_000, makesKeyframes: true });
  t.ok(Math.abs((await snapshot(t, output)) - BEFORE) < 20);
  show(AFTER);
  await pass(MANY);
  await output.showPlaceholder('CAMERA LOST', performance.now());
  const placeholder = await until('it is shown', () => output.stream?.lastFrame() as Sample | null);
  const grey = await greyOf(t, await toJpeg(placeholder));
  t.ok(grey > 30, `it shows ${grey}: the earlier frames are nearly black when dimmed`);
});
