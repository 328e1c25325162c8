import t from 'tap';
import { Gst } from '../../src/gst/native.js';
import { EncoderChoice } from '../../src/worker/encoding/encoder-choice.js';
import { describeFanout } from '../../src/worker/encoding/launch.js';
import { Output } from '../../src/worker/encoding/output.js';
import { StreamPipeline } from '../../src/worker/encoding/stream-pipeline.js';
import { until } from '../helpers/server.js';

t.test('a failure to move viewers to another stream fails the camera, not its process', async t => {
  const baseTime = Gst.SystemClock.obtain().getTime();
  const failures: string[] = [];
  const output = new Output({
    settings: { width: 64, height: 48, framerate: 30, bitrate: 500_000, keyframeInterval: 60 },
    encoders: new EncoderChoice(['x264enc'], () => undefined),
    baseTime,
    onChange: () => undefined,
    onFailure: failure => failures.push(`${failure.message} ${failure.remedy}`),
    onVp8Failure: failure => t.fail(failure.message),
  });
  t.teardown(() => output.close());
  const open = () => {
    const line = `videotestsrc is-live=true ! video/x-raw,width=64,height=48 ! x264enc tune=zerolatency ! h264parse ! ${describeFanout('video')}`;
    const stream = new StreamPipeline('H264', line, baseTime);
    t.teardown(() => stream.close());
    stream.play();
    return stream;
  };
  const stream = open();
  output.showStream({ stream, close: () => stream.close() });
  await output.firstFrame();
  const broken = open();
  broken.firstFrame = () => Promise.reject(new Error('the tee gave no pad'));
  output.showStream({ stream: broken, close: () => broken.close() });
  const [failure] = await until('it is reported', () => failures.length > 0 && failures);
  t.match(failure, /the tee gave no pad.*Try again/);
  t.equal(output.stream, stream, 'the previous stream continues');
});
