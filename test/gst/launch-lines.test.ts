import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { rawFormat } from '../../src/domain/pixel-formats.js';
import type { Source } from '../../src/domain/source.js';
import { inspectMachine } from '../../src/gst/machine.js';
import { type Bin, type Element, Gst, type Pipeline } from '../../src/gst/native.js';
import { closePipeline, drainBus, element, parseLaunch } from '../../src/gst/pipeline.js';
import { describeEncoder, ENCODERS } from '../../src/worker/encoding/encoders.js';
import { describeEncoding, sourceProperty } from '../../src/worker/encoding/launch.js';
import { type CaptureRequest, describeCapture, describePassthrough } from '../../src/worker/sources/capture-line.js';
import type { ChosenMode } from '../../src/worker/sources/capture-mode.js';
import { PLAIN } from '../helpers/machines.js';
import { makeVideo } from '../helpers/make-video.js';
import { sleep, until } from '../helpers/server.js';

// The launch lines that this machine can run, in this process.

const SETTINGS = { bitrate: 500_000, keyframeInterval: 30 };
const FORMAT = { width: 320, height: 240, framerate: 15 };
const FRAMES = 10;
const machine = inspectMachine();
const installed = ENCODERS.filter(({ element }) => ['x264enc', 'openh264enc'].includes(element)).filter(({ element }) =>
  machine.has(element),
);
const [software] = installed;
if (!software) throw new Error('x264enc or openh264enc is needed');
const encoder = describeEncoder(software, SETTINGS, machine);

/** A capture and an encoding, linked as in a camera. */
class Camera {
  readonly capture: Pipeline;
  readonly encoding: Pipeline;
  #frames = 0;

  constructor(t: Test, line: string, framerate: number | null = FORMAT.framerate, source?: Source) {
    this.capture = parseLaunch(`${line} ! proxysink name=out`);
    const property = source && sourceProperty(source);
    if (property) element(this.capture, 'source')[property[0]] = property[1];
    this.encoding = parseLaunch(`${describeEncoding(encoder, framerate)}  proxysrc name=feed ! in.`);
    (element(this.encoding, 'feed') as Bin).proxysink = element(this.capture, 'out');
    const clock = Gst.SystemClock.obtain();
    for (const pipeline of [this.capture, this.encoding]) {
      pipeline.useClock(clock);
      pipeline.setStartTime(Gst.CLOCK_TIME_NONE);
      pipeline.setBaseTime(clock.getTime());
    }
    t.teardown(() => {
      closePipeline(this.capture);
      closePipeline(this.encoding);
    });
    this.encoding.setState(Gst.State.PLAYING);
    this.capture.setState(Gst.State.PLAYING);
  }

  /** Frames encoded so far. @throws if something went wrong */
  frames(): number {
    for (const pipeline of [this.capture, this.encoding]) {
      const { error } = drainBus(pipeline);
      if (error) throw new Error(`${error.element}: ${error.message} ${error.debug}`);
    }
    const stats = element(this.encoding, 'video-encoded').stats as { getUint64(name: string): [boolean, bigint] };
    this.#frames = Number(stats.getUint64('num-buffers')[1]);
    return this.#frames;
  }

  /** Caps on an element's source pad: captured, or encoded. */
  caps(of: Element): string {
    return of.getStaticPad('src')?.getCurrentCaps()?.toString() ?? '';
  }

  captured(): string {
    return this.caps(element(this.capture, 'captured'));
  }

  async plays(): Promise<void> {
    await until('it is encoded', () => this.frames() >= FRAMES);
  }
}

const request = (source: Source, mode: ChosenMode | null = null): CaptureRequest => ({
  source,
  format: FORMAT,
  mode,
  machine,
});
const V4L2: Source = { type: 'v4l2', by: 'device', name: '/dev/video0' };

/** A V4L2 camera's line, with frames of the mode from a test source. */
function withoutCamera(mode: ChosenMode): string {
  const line = describeCapture(request(V4L2, mode));
  const raw = rawFormat(mode.format);
  const frames = `videotestsrc name=source is-live=true ! ${raw === null ? 'videoconvert ! jpegenc' : 'identity'}`;
  t.ok(line.startsWith('v4l2src name=source do-timestamp=true ! '), line);
  return line.replace('v4l2src name=source do-timestamp=true', frames);
}

t.test('the test source, in the configured size', async t => {
  const camera = new Camera(t, describeCapture(request({ type: 'test' })));
  await camera.plays();
  t.match(camera.captured(), /^video\/x-raw,.*width=\(int\)320, height=\(int\)240, framerate=\(fraction\)15\/1/);
  t.match(camera.caps(element(camera.encoding, 'parse')), /profile=\(string\)constrained-baseline/);
});

t.test('a V4L2 camera in each known format', async t => {
  const formats = 'NV12 YU12 NV21 YV12 YUYV UYVY YVYU NV16 422P NV24 GREY XR24 AR24 BX24 BA24 BGR3 RGB3 RGBP MJPG';
  for (const format of formats.split(' ')) {
    const mode = { format, width: 320, height: 240, framerate: 15 };
    const camera = new Camera(t, withoutCamera(mode));
    await camera.plays();
    t.match(camera.captured(), 'width=(int)320, height=(int)240', format);
    closePipeline(camera.capture);
    closePipeline(camera.encoding);
  }
});

t.test('a V4L2 camera that is larger and faster than configured', async t => {
  for (const format of ['YUYV', 'MJPG']) {
    const mode = { format, width: 1280, height: 720, framerate: 30000 / 1001 };
    const camera = new Camera(t, withoutCamera(mode));
    await camera.plays();
    t.match(camera.captured(), 'width=(int)320, height=(int)180', `${format}: scaled down, not stretched`);
    t.match(camera.captured(), 'framerate=(fraction)15/1', `${format}: at a lower rate`);
    closePipeline(camera.capture);
    closePipeline(camera.encoding);
  }
});

t.test('excess frames are dropped, and the limit may be changed while it plays', async t => {
  const format = { ...FORMAT, framerate: 60 };
  const camera = new Camera(t, describeCapture({ ...request({ type: 'test' }), format }), 10);
  await camera.plays();
  const rate = async (): Promise<number> => {
    const [before, began] = [camera.frames(), performance.now()];
    await sleep(1000);
    return ((camera.frames() - before) * 1000) / (performance.now() - began);
  };
  const ten = await rate();
  t.ok(ten < 14, `at most 10 a second: ${ten}`);
  element(camera.encoding, 'rate').maxRate = 30;
  // A busy machine sometimes makes fewer.
  const thirty = await until('it is more', async () => {
    const now = await rate();
    return now > 16 && now;
  });
  t.ok(thirty < 40, `at most 30 a second: ${thirty}`);
});

t.test('a file keeps its size and rate; its audio is ignored', async t => {
  const path = makeVideo(join(t.testdir(), 'sound.mp4'), { frames: 100, fps: 25, keyframeInterval: 25, sound: true });
  const source: Source = { type: 'file', path };
  const camera = new Camera(t, describeCapture(request(source)), null, source);
  await camera.plays();
  t.match(camera.captured(), /^video\/x-raw,.*width=\(int\)320, height=\(int\)240/);
  t.match(camera.captured(), 'framerate=(fraction)25/1');
});

t.test('elements of a user: in the configured size, with borders instead of distortion', async t => {
  const line = 'videotestsrc is-live=true ! video/x-raw,format=RGB,width=640,height=200,framerate=15/1 ! videoflip';
  const camera = new Camera(t, describeCapture(request({ type: 'gst', line })));
  await camera.plays();
  t.match(camera.captured(), 'width=(int)320, height=(int)240');
});

t.test('a network camera, re-encoded and passed through', async t => {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('../helpers/rtsp-camera.js', import.meta.url)), '0', 'main', '15'],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  t.teardown(() => child.kill('SIGKILL'));
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const source: Source = { type: 'rtsp', url: `rtsp://127.0.0.1:${port}/live` };
  const camera = new Camera(t, describeCapture(request(source)), 30, source);
  await camera.plays();
  t.match(camera.captured(), 'width=(int)640, height=(int)360', 'it keeps its size');
  const passed = parseLaunch(describePassthrough(source, null));
  t.teardown(() => closePipeline(passed));
  element(passed, 'source').location = source.url;
  passed.setState(Gst.State.PLAYING);
  const caps = () => element(passed, 'parse').getStaticPad('src')?.getCurrentCaps()?.toString() ?? '';
  await until('it is passed through', () => /profile=\(string\)main/.test(caps()));
});

t.test('each line whose elements are installed is parsed', t => {
  const libcamera: Source = { type: 'libcamera', camera: 'imx219' };
  const lines = [
    describeCapture(request(V4L2, { format: 'MJPG', width: 640, height: 480, framerate: 30 })),
    describePassthrough(V4L2, { format: 'H264', width: 640, height: 480, framerate: 30 }),
    describePassthrough({ type: 'file', path: '/srv/road.mp4' }, null),
    ...(machine.has('libcamerasrc') ? [describeCapture(request(libcamera))] : []),
    ...ENCODERS.filter(({ element }) => machine.has(element)).map(encoder =>
      describeEncoding(describeEncoder(encoder, SETTINGS, machine), 30),
    ),
  ];
  for (const line of lines) t.doesNotThrow(() => closePipeline(parseLaunch(line)), line);
  t.end();
});

t.test('the recorded encoders of a plain machine match this one', t => {
  for (const { element, properties } of installed)
    for (const name of Object.keys(properties(SETTINGS)))
      t.equal(machine.property(element, name), PLAIN.property(element, name), `${element}: ${name}`);
  t.notOk(machine.property('x264enc', 'nonsense'));
  t.notOk(machine.property('nonsense', 'name'));
  t.match(machine.gstreamer, /^1\.\d+\.\d+$/);
  t.end();
});

t.test('the bitrate of an encoder changes while it plays', async t => {
  for (const encoder of installed) {
    const settings = { bitrate: 2_000_000, keyframeInterval: 1000 };
    const pipeline = parseLaunch(
      `${describeEncoding(describeEncoder(encoder, settings, machine), null)}  ` +
        'videotestsrc is-live=true pattern=zone-plate kx2=20 ky2=20 kt=1 ! video/x-raw,width=320,height=240,framerate=30/1 ! in.',
    );
    t.teardown(() => closePipeline(pipeline));
    const total = (of: 'num-bytes' | 'num-buffers'): number => {
      const stats = element(pipeline, 'video-encoded').stats as { getUint64(name: string): [boolean, bigint] };
      return Number(stats.getUint64(of)[1]);
    };
    const frames = async (count: number): Promise<void> => {
      const goal = total('num-buffers') + count;
      await until(`${count} more frames`, () => total('num-buffers') >= goal);
    };
    // By frames and not by time: a busy machine drops some.
    const bitrate = async (): Promise<number> => {
      await frames(30);
      const [bytes, buffers] = [total('num-bytes'), total('num-buffers')];
      await frames(45);
      return ((total('num-bytes') - bytes) * 8 * 30) / (total('num-buffers') - buffers);
    };
    pipeline.setState(Gst.State.PLAYING);
    const fast = await bitrate();
    for (const [name, value] of Object.entries(encoder.live({ ...settings, bitrate: 500_000 })))
      element(pipeline, 'encoder')[name] = value;
    const slow = await bitrate();
    t.ok(slow < fast * 0.6, `${encoder.element}: from ${Math.round(fast)} to ${Math.round(slow)} bit/s`);
    closePipeline(pipeline);
  }
});
