import t from 'tap';
import { Gst } from '../../src/gst/native.js';
import { closePipeline, element, parseLaunch, shareClock } from '../../src/gst/pipeline.js';
import { Tee } from '../../src/gst/tee.js';
import { EncoderChoice } from '../../src/worker/encoding/encoder-choice.js';
import { ENCODERS, type Encoder } from '../../src/worker/encoding/encoders.js';
import { Output } from '../../src/worker/encoding/output.js';
import { freePort } from '../helpers/free-port.js';
import { until } from '../helpers/server.js';

const [x264] = ENCODERS.filter(({ element }) => element === 'x264enc');
if (!x264) throw new Error('x264enc is not in the table');

/**
 * An x264enc that is limited to one instance, as NVENC is to several: an element in front of it listens on a port, and
 * a second one fails at its start with an error on its bus.
 */
class LimitedChoice extends EncoderChoice {
  readonly #encoder: Encoder;
  constructor(port: number, encoder: Encoder, onRejected: (element: string, reason: string) => void) {
    super([encoder.element], onRejected);
    const listening = `tee name=only ! queue ! tcpserversink async=false host=127.0.0.1 port=${port} only.`;
    this.#encoder = { ...encoder, input: machine => `${listening} ! ${encoder.input(machine)}` };
  }

  override next(): Encoder {
    // It throws if it was rejected.
    super.next();
    return this.#encoder;
  }
}

t.test('an encoder that reached its limit of instances is retried, not given up', async t => {
  const baseTime = Gst.SystemClock.obtain().getTime();
  const source = parseLaunch(
    'videotestsrc is-live=true ! video/x-raw,format=I420,width=64,height=48,framerate=30/1 ! tee name=taken allow-not-linked=true',
  );
  shareClock(source, baseTime);
  const rejected: string[] = [];
  const settings = { width: 64, height: 48, framerate: 30, bitrate: 500_000, keyframeInterval: 60 };
  const output: Output = new Output({
    settings,
    encoders: new LimitedChoice(await freePort(), x264, (element, reason) => rejected.push(`${element}: ${reason}`)),
    baseTime,
    onChange: () => undefined,
    onFailure: failure => {
      t.fail(failure.message);
      output.close();
    },
    onVp8Failure: failure => t.fail(failure.message),
  });
  const looking = setInterval(() => output.check(), 20);
  t.teardown(() => {
    clearInterval(looking);
    output.close();
    closePipeline(source);
  });
  source.setState(Gst.State.PLAYING);
  output.showFrames(new Tee(source, element(source, 'taken')));
  await output.firstFrame();
  for (const keyframeInterval of [30, 15]) {
    const before = output.stream;
    // x264enc applies this only when it is reopened.
    output.change({ ...settings, keyframeInterval });
    const now = await until('another one encodes', () => {
      const { stream } = output;
      return stream !== before && (stream?.video.count() ?? 0) > 10 && stream;
    });
    t.equal(now.element('encoder').keyIntMax, keyframeInterval);
    t.equal(output.encoder, 'x264enc');
    t.strictSame(rejected, []);
  }
});
