import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ClockOffsetEstimate } from '../../src/protocol/clock-offset.js';
import { Tally } from '../../src/receiver/tally.js';
import { FIGURES, NETWORK } from '../helpers/reports.js';

t.test('from the first attempt to frames and back', async t => {
  const tally = new Tally('front', null);
  t.match(tally.report(null), { camera: 'front', state: 'connecting', problem: null, figures: null, network: null });
  t.equal(tally.down('refused. Start it', 'refused'), true, 'the first time is news');
  t.equal(tally.down('refused. Start it', 'refused'), false, 'the second is none');
  t.equal(tally.down('no such host', 'no such host'), true, 'another reason is');
  t.match(tally.report(null), { state: 'down', problem: 'no such host' });
  t.strictSame(tally.summary().interruptions, {}, 'what was never live cannot be interrupted');
  tally.live();
  tally.measured(FIGURES, NETWORK);
  t.match(tally.report(1.234), { state: 'live', problem: null, figures: FIGURES, network: NETWORK, roundTripMs: 1.2 });
  t.equal(tally.down('no such host', 'gone'), true, 'the same reason after frames is new');
  t.equal(tally.report(null).network, null);
  t.strictSame(tally.summary().interruptions, { gone: 1 });
});

t.test('a problem while it is live ends with the session', async t => {
  const tally = new Tally('front', null);
  tally.live();
  t.equal(tally.trouble(null), false);
  t.equal(tally.trouble('a placeholder'), true);
  t.equal(tally.trouble('a placeholder'), false);
  t.match(tally.report(null), { state: 'live', problem: 'a placeholder' });
  t.equal(tally.trouble(null), true);
  t.equal(tally.report(null).problem, null);
  tally.trouble('a placeholder');
  tally.down('gone', 'gone');
  t.equal(tally.report(null).problem, 'gone');
  tally.live();
  t.equal(tally.report(null).problem, null, 'the next session starts without');
  t.equal(tally.trouble(null), false, 'and that is no news');
});

t.test('lost packets, over all sessions, each of which counts from 0', async t => {
  const tally = new Tally('front', null);
  const lose = (packetsLost: number | null): void => tally.measured(FIGURES, { ...NETWORK, packetsLost });
  tally.live();
  lose(3);
  lose(5);
  tally.measured(FIGURES, null);
  t.equal(tally.summary().packetsLost, 5);
  tally.down('a', 'a');
  tally.down('a', 'a');
  tally.live();
  lose(null);
  lose(2);
  t.equal(tally.summary().packetsLost, 7);
});

t.test('the frame rate counts only the time with frames', async t => {
  const tally = new Tally('front', null);
  tally.measured({ ...FIGURES, frames: 5 }, null);
  t.equal(tally.summary().fps, null, 'none yet');
  tally.live();
  await sleep(700);
  tally.down('a', 'a');
  await sleep(700);
  tally.measured({ ...FIGURES, frames: 21, freezes: 2, frozenMs: 300 }, null);
  const { fps, seconds, frames, freezes, frozenMs } = tally.summary();
  t.strictSame({ frames, freezes, frozenMs }, { frames: 21, freezes: 2, frozenMs: 300 });
  t.ok(fps !== null && fps > 20 && fps < 31, `${fps}, not 15`);
  t.ok(seconds >= 1.4, `${seconds}`);
});

t.test('latency: recent values in the report, all in the summary', async t => {
  const clock = new ClockOffsetEstimate();
  const tally = new Tally('front', clock);
  t.equal(tally.report(null).latency, null);
  tally.marked({ capturedNs: 1n, decodedNs: 2n });
  t.equal(tally.report(null).latency, null, 'the clock offset is not known yet');
  clock.add({ sentNs: 0n, serverNs: 0n, receivedNs: 0n });
  let capturedNs = 0n;
  const mark = (ms: number): void => {
    capturedNs += 33_000_000n;
    // The second time it is the same frame, shown again.
    for (let i = 0; i < 2; i++) tally.marked({ capturedNs, decodedNs: capturedNs + BigInt(ms * 1_000_000) });
  };
  for (let i = 0; i < 1_000; i++) mark(1_000);
  for (let i = 0; i < 300; i++) mark(10);
  t.match(tally.report(null).latency, { p50: 10, p95: 10, p99: 10, count: 300 });
  t.match(tally.summary().latency, { p50: 1_000, count: 1_300 });
});
