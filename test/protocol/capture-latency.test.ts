import t from 'tap';
import { CaptureLatencyMeter } from '../../src/protocol/capture-latency.js';

const MS = 1_000_000n;
const AHEAD = 1_000_000n * MS;

t.test('latency from the capture by one clock to the frame by the other', t => {
  const meter = new CaptureLatencyMeter();
  meter.add(5n, 7n);
  t.equal(meter.read(), null, 'the clocks are not compared yet');
  meter.exchanged({ sentNs: 0n, serverNs: AHEAD + 2n * MS, receivedNs: 4n * MS });
  t.equal(meter.read(), null, 'no frame yet');
  for (let i = 1n; i <= 10n; i++) meter.add(AHEAD + i * 33n * MS, (i * 33n + 50n) * MS);
  t.match(meter.read(), { p50: 50, p95: 50, p99: 50, count: 10 });
  const error = meter.read()?.errorMs ?? 0;
  t.ok(error >= 2.5 && error < 2.6, `2 of the clocks, 0.5 of the mark, a little for drift: ${error}`);
  t.end();
});

t.test('a frozen frame is counted once; a new session restarts the statistics', t => {
  const meter = new CaptureLatencyMeter();
  meter.exchanged({ sentNs: 0n, serverNs: 0n, receivedNs: 0n });
  meter.add(10n * MS, 40n * MS);
  for (let i = 2n; i < 100n; i++) meter.add(10n * MS, i * 1_000n * MS);
  t.match(meter.read(), { p50: 30, p99: 30, count: 1 });
  meter.clear();
  t.equal(meter.read(), null);
  meter.add(10n * MS, 30n * MS);
  t.match(meter.read(), { p50: 20, count: 1 }, 'the clock comparison is kept');
  t.end();
});
