import t from 'tap';
import { fit, statusLine, summaryLines } from '../../src/receiver/words.js';
import { FIGURES, REPORT, SUMMARY } from '../helpers/reports.js';

const latency = { p50: 9.04, p95: 14, p99: 22.26, count: 300, errorMs: 0.34 };

t.test('the status line of a camera', t => {
  t.equal(
    statusLine(REPORT, 6),
    'front   640x480  29.9 fps  1.02 Mbit/s  loss 0.3 %  jitter 1.3 ms  rtt 4.2 ms  decode 2.3 ms',
  );
  t.match(statusLine({ ...REPORT, latency }, 5), /latency 9\.0\/14\.0\/22\.3 ms \(p50\/p95\/p99, ±0\.3\)$/);
  t.match(statusLine({ ...REPORT, figures: { ...FIGURES, freezes: 1 } }, 5), / {2}1 freeze$/);
  t.match(
    statusLine({ ...REPORT, figures: { ...FIGURES, freezes: 2, bitrate: 480_400 } }, 5),
    /480 kbit\/s.* {2}2 freezes$/,
  );
  t.match(statusLine({ ...REPORT, problem: 'a placeholder' }, 5), / {2}! a placeholder$/);
  t.match(statusLine({ ...REPORT, figures: { ...FIGURES, ageMs: 2_500 } }, 5), / {2}! no frame for 2\.5 s$/);
  t.notMatch(statusLine({ ...REPORT, figures: { ...FIGURES, ageMs: 400 } }, 5), '!');
  t.equal(statusLine({ ...REPORT, figures: null, network: null, roundTripMs: null }, 5), 'front  ');
  t.equal(
    statusLine(
      { ...REPORT, figures: { ...FIGURES, width: null, decodeMs: null }, network: null, roundTripMs: null },
      5,
    ),
    'front  29.9 fps  1.02 Mbit/s',
  );
  t.end();
});

t.test('the status line of a camera without video', t => {
  const down = { ...REPORT, state: 'down' as const, problem: 'robot refuses the connection' };
  t.equal(statusLine({ ...REPORT, state: 'connecting', figures: null }, 5), 'front  connecting');
  t.equal(statusLine({ ...down, figures: null }, 5), 'front  no video: robot refuses the connection');
  t.equal(
    statusLine({ ...down, figures: { ...FIGURES, ageMs: 125_000 } }, 5),
    'front  no video for 2 min 5 s: robot refuses the connection',
  );
  t.end();
});

t.test('the summary', t => {
  t.strictSame(summaryLines(SUMMARY, 6), ['front   360 frames in 12 s, 29.9 fps, 3 packets lost, no freezes']);
  t.strictSame(
    summaryLines(
      { ...SUMMARY, fps: null, freezes: 1, frozenMs: 400, interruptions: { 'it is gone': 1, late: 2 }, latency },
      5,
    ),
    [
      'front  360 frames in 12 s, 3 packets lost, 1 freeze, 0.4 s in total, interrupted 3 times: it is gone, late (2)',
      '       latency 9.0/14.0/22.3 ms (p50/p95/p99, ±0.3), from 300 frames',
    ],
  );
  t.match(
    summaryLines({ ...SUMMARY, freezes: 3, interruptions: { late: 1 } }, 5)[0],
    /3 freezes, .*interrupted once: late$/,
  );
  t.end();
});

t.test('a line fits into its columns', t => {
  t.equal(fit('abcdef', 6), 'abcdef');
  t.equal(fit('abcdefg', 6), 'abcde…');
  t.equal(fit('日本語', 6), '日本語', 'letters that take two');
  t.equal(fit('日本語x', 6), '日本…');
  t.equal(fit('ab日本', 4), 'ab…', 'half of one is none');
  t.equal(fit('🤖🤖🤖', 5), '🤖🤖…');
  t.equal(fit('e\u0301e\u0301', 2), 'e\u0301e\u0301', 'accents take none');
  t.equal(fit('abc', 1), '…');
  t.equal(fit('abc', 0), '');
  t.equal(fit('', 0), '');
  t.end();
});
