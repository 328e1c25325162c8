import t from 'tap';
import type { Source } from '../../src/domain/source.js';
import { describeChange, reopens } from '../../src/worker/camera/config-change.js';
import type { Config } from '../../src/worker/sources/opening.js';
import { configureMessage } from '../helpers/camera-plan.js';

const device = (path: string) => ({ device: path }) as Config['device'];

const config = (source: Source, change: Partial<Config> = {}): Config => configureMessage({ source, ...change });

const USB: Source = { type: 'v4l2', by: 'serial', name: '9165D69F' };
const RTSP: Source = { type: 'rtsp', url: 'rtsp://camera/live' };

t.test('which changes reopen the source', async t => {
  const change = (source: Source, after: Partial<Config>, rate: number | null = null) =>
    reopens(config(source), config(source, after), rate);
  t.equal(change(USB, { bitrate: 2_000_000, keyframeInterval: 30 }), 'no', 'running encoders are reconfigured');
  t.equal(change(USB, { width: 320 }), 'format');
  t.equal(change(USB, { framerate: 15 }), 'no', 'frames are dropped for a lower rate');
  t.equal(change(USB, { framerate: 60 }), 'format');
  t.equal(change(USB, { framerate: 60 }, 60), 'no', 'its own rate is that high');
  t.equal(change(RTSP, { width: 320, framerate: 60 }), 'no', 'it has its own size and rate');
  for (const after of [{ passthrough: 'never' }, { overlay: 'timemark' }]) {
    t.equal(change(RTSP, after), 'source');
    t.equal(change(USB, after), 'source');
    t.equal(change({ type: 'whip' }, after), 'no', 'a published stream is passed through with any settings');
    t.equal(change({ type: 'forwarded', by: 'legacy' }, after), 'no');
  }
  t.equal(reopens(config(USB), config(RTSP), null), 'source');
});

t.test('the device of a source, and whether it is present', async t => {
  const plugged = config(USB, { device: device('/dev/video0') });
  t.match(describeChange(config(USB), plugged, null), {
    reopen: 'no',
    isBack: true,
    settings: { isPresent: true, device: '/dev/video0', stallTimeoutMs: 2_000 },
  });
  t.match(describeChange(plugged, config(USB), null), { isBack: false, settings: { isPresent: false, device: null } });
  t.match(describeChange(plugged, config(USB, { device: device('/dev/video2') }), null), { isBack: true });
  t.match(describeChange(plugged, plugged, null), { isBack: false });
  t.match(describeChange(plugged, config(RTSP), null).settings, { isPresent: true, device: JSON.stringify(RTSP) });
  for (const source of [{ type: 'test' }, { type: 'whip' }, { type: 'forwarded', by: 'legacy' }] as const)
    t.equal(describeChange(plugged, config(source), null).settings.device, null, `${source.type} opens more than once`);
});
