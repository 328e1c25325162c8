import t from 'tap';
import { parseProblem, parseRetryAfter } from '../../src/protocol/problem-document.js';
import { summarize } from '../../src/web/dashboard/summary.js';
import * as trouble from '../../src/web/player/playback-trouble.js';
import { overlayWords, type PlayerState, withLost } from '../../src/web/player/player-state.js';
import * as words from '../../src/web/shared/formatting.js';

const spaced = (text: string): string => text.replaceAll('\u00a0', ' ');

t.test('numbers in readable form', t => {
  const cases: [string, string][] = [
    [words.formatBitrate(0), '0 kbit/s'],
    [words.formatBitrate(999_499), '999 kbit/s'],
    [words.formatBitrate(999_500), '1.0 Mbit/s'],
    [words.formatBitrate(9_960_000), '10 Mbit/s'],
    [words.formatFps(29.97), '30 fps'],
    [words.formatFps(7.5), '7.5 fps'],
    [words.formatFps(5.02), '5 fps'],
    [words.formatMs(9.94), '9.9 ms'],
    [words.formatMs(9.96), '10 ms'],
    [words.formatPercent(0), '0 %'],
    [words.formatPercent(0.01), '<0.1 %'],
    [words.formatPercent(0.4), '0.4 %'],
    [words.formatPercent(12.4), '12 %'],
    [words.formatSize(640, 480), '640×480'],
    [words.formatSize(0, 0), '–'],
    [words.formatAge(-5), '0.0 s'],
    [words.formatAge(59_949), '59.9 s'],
    [words.formatAge(59_950), '59 s'],
    [words.formatAge(61_000), '1 min 1 s'],
    [words.formatDuration(3_660), '1 h 1 min'],
    [words.formatDuration(90_000), '1 d 1 h'],
    [words.formatCount(1, 'camera'), '1 camera'],
    [words.formatCount(0, 'camera'), '0 cameras'],
  ];
  for (const [actual, expected] of cases) t.equal(spaced(actual), expected);
  for (const format of [words.formatBitrate, words.formatFps, words.formatMs, words.formatPercent])
    for (const unknown of [undefined, Number.NaN, Number.POSITIVE_INFINITY]) t.equal(format(unknown), '–');
  t.end();
});

t.test('a lost camera is not shown as live', t => {
  const lost = { since: 1_000, detail: 'It was unplugged.', remedy: 'Plug it in.' };
  const shown = withLost({ state: 'playing', ageMs: 20 }, lost, 13_900);
  t.match(shown, { state: 'lost', ageMs: 12_900 });
  const overlay = overlayWords(shown);
  t.match(overlay, { headline: 'CAMERA LOST', detail: 'It was unplugged.', remedy: 'Plug it in.' });
  t.equal(spaced(overlay?.age ?? ''), 'since 12 s');
  t.equal(withLost({ state: 'stale', ageMs: 900 }, lost, 2_000).state, 'lost');
  for (const state of ['connecting', 'reconnecting', 'failed', 'paused'] as const)
    t.equal(withLost({ state }, lost, 2_000).state, state, "the player's own problem takes precedence");
  t.equal(withLost({ state: 'playing' }, undefined, 2_000).state, 'playing');
  t.match(summarize(['playing', 'lost', 'failed']), { states: '1 lost, 1 no video, 1 live', well: false });
  t.end();
});

t.test("a snapshot's name is valid on every file system", t => {
  const at = new Date('2026-01-31T12:00:00Z');
  t.equal(words.snapshotName('road', at), 'road-2026-01-31T12-00-00.000Z.png');
  t.equal(words.snapshotName('../a:b c', at), '_a_b_c-2026-01-31T12-00-00.000Z.png');
  t.end();
});

t.test('problem documents, and errors of a proxy', t => {
  const problem = { title: 'T', detail: 'D', code: 'too-many-viewers', remedy: 'R', status: 503 };
  t.strictSame(parseProblem(503, JSON.stringify(problem)), problem);
  for (const body of ['', '<html>502</html>', 'null', '[]', '"x"', '{"detail":7,"title":" "}']) {
    const { title, detail, ...rest } = parseProblem(502, body);
    t.equal(title, 'HTTP 502', body);
    t.match(detail, '502', body);
    t.strictSame(rest, { status: 502 }, body);
  }
  const cases: [string | null, number][] = [
    [null, 0],
    ['', 0],
    ['2', 2_000],
    ['-1', 0],
    ['soon', 0],
    ['Sat, 31 Jan 2026 12:00:05 GMT', 5_000],
    ['Sat, 31 Jan 2026 11:00:00 GMT', 0],
  ];
  for (const [value, expected] of cases)
    t.equal(parseRetryAfter(value, Date.parse('2026-01-31T12:00:00Z')), expected, String(value));
  t.end();
});

t.test('why there is no video, and what to do', t => {
  const refusal = parseProblem(
    409,
    '{"title":"T","detail":"unplugged","remedy":"plug it in","code":"camera-unavailable"}',
  );
  t.strictSame(trouble.refused(refusal), {
    title: 'T',
    detail: 'unplugged',
    remedy: 'plug it in',
    code: 'camera-unavailable',
  });
  t.notOk(trouble.isTransient(refusal));
  t.ok(trouble.isTransient({ ...refusal, code: 'camera-starting' }), 'a start is not a failure');
  t.notOk(trouble.isTransient(parseProblem(502, '')));
  t.match(trouble.nothingArrived(false, 8_000).remedy, /UDP.*firewall/);
  t.match(trouble.nothingArrived(true, 8_000).remedy, /camera/);
  t.match(spaced(trouble.stopped(3_200).detail), '3.2 s');
  t.end();
});

t.test('the text over the video', t => {
  t.equal(overlayWords({ state: 'playing', ageMs: 10 }), undefined, 'nothing over a fresh frame');
  const states: PlayerState[] = ['connecting', 'stale', 'reconnecting', 'failed', 'paused'];
  for (const state of states) t.ok(overlayWords({ state })?.headline, state);
  t.equal(spaced(overlayWords({ state: 'stale', ageMs: 1_234 })?.age ?? ''), '1.2 s');
  t.match(overlayWords({ state: 'failed', trouble: { title: 'T', detail: 'D', remedy: 'R' }, retryInMs: 2_000 }), {
    title: 'T',
    detail: 'D',
    remedy: 'R',
    button: 'Try now',
    retry: /2\.0/,
  });
  t.match(overlayWords({ state: 'connecting', needsClick: true, trouble: { title: 'T', detail: 'D' } }), {
    button: 'Start video',
    title: '',
  });
  t.equal(overlayWords({ state: 'reconnecting' })?.button, '', 'an automatic retry needs no button');
  t.end();
});

t.test('the summary of all cameras', t => {
  const cases: [PlayerState[], string, string, boolean][] = [
    [[], '', '', true],
    [['playing'], 'live', 'live', true],
    [['playing', 'playing'], 'all live', 'all live', true],
    [['playing', 'failed', 'stale', 'playing'], '1 no video, 1 stale, 2 live', '2 of 4 live', false],
    [['paused'], '1 paused', '0 of 1 live', false],
    [['connecting', 'reconnecting', 'reconnecting'], '2 reconnecting, 1 connecting', '0 of 3 live', false],
  ];
  for (const [states, expected, short, well] of cases)
    t.match(summarize(states), { states: expected, short, well }, states.join());
  t.equal(summarize(['playing']).cameras, '1 camera');
  t.end();
});
