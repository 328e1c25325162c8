import fc from 'fast-check';
import t from 'tap';
import { jsonReporter, plainReporter, type Reporter, terminalReporter } from '../../src/receiver/reporter.js';
import { REPORT, SUMMARY } from '../helpers/reports.js';

const HOSTILE = 'a\u001b[2J\u0007\r\nb\u009b31m\u202e';

/** What a reporter has written. */
function written(make: (out: { write(text: string): void }) => Reporter, use: (reporter: Reporter) => void): string {
  let text = '';
  use(
    make({
      write: more => {
        text += more;
      },
    }),
  );
  return text;
}

t.test('JSON: one document per line, with any content', t => {
  const text = written(jsonReporter, reporter => {
    reporter.event('down', { camera: 'front', detail: HOSTILE, bytes: null }, 'for people');
    reporter.figures([REPORT, { ...REPORT, camera: 'rear', figures: null, network: null }]);
    reporter.summary([SUMMARY]);
  });
  const lines = text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);
  t.ok(text.endsWith('\n'));
  t.strictSame(
    lines.map(({ event }) => event),
    ['down', 'figures', 'figures', 'summary'],
  );
  for (const { time } of lines) t.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 10_000);
  t.match(lines[0], { camera: 'front', detail: HOSTILE });
  t.match(lines[1], {
    camera: 'front',
    state: 'live',
    fps: 29.94,
    lossPercent: 0.31,
    packetsLost: 3,
    keyframeRequests: 1,
  });
  t.match(lines[2], { camera: 'rear', lossPercent: null, jitterMs: null });
  t.match(lines[3], { camera: 'front', frames: 360, interruptions: {} });
  t.notMatch(text, 'for people');
  t.end();
});

t.test('lines for people', t => {
  const text = written(plainReporter, reporter => {
    reporter.event('down', {}, HOSTILE);
    reporter.figures([REPORT]);
    reporter.summary([SUMMARY, { ...SUMMARY, camera: 'rear-camera' }]);
  });
  t.strictSame(text.split('\n'), [
    'a [2J b 31m ',
    'front        360 frames in 12 s, 29.9 fps, 3 packets lost, no freezes',
    'rear-camera  360 frames in 12 s, 29.9 fps, 3 packets lost, no freezes',
    '',
  ]);
  t.end();
});

const ESC = '\u001b';
const REWRITING = new RegExp(`${ESC}\\[\\d+A${ESC}\\[J|\n`, 'g');
const WRITTEN = new RegExp(`${ESC}\\[(\\d+)A${ESC}\\[J|\n|[^${ESC}\n]`, 'gu');

/** What a terminal of so many columns shows; it supports only what this reporter needs. */
class Screen {
  rows: string[] = [''];
  readonly #columns: number;
  constructor(columns: number) {
    this.#columns = columns;
  }
  write(text: string): void {
    for (const [part, up] of text.matchAll(WRITTEN)) {
      if (part === '\n') this.rows.push('');
      else if (up !== undefined) this.rows.splice(this.rows.length - 1 - Number(up), Number(up) + 1, '');
      else this.#put(part);
    }
    if (/[\p{Cc}]/u.test(text.replace(REWRITING, ''))) throw new Error(`it wrote ${JSON.stringify(text)}`);
  }
  #put(letter: string): void {
    const row = this.rows.at(-1) ?? '';
    const isFull = [...row.replace(/[\p{Mn}\p{Me}]/gu, '')].length === this.#columns;
    // A combining mark goes onto the letter before it.
    if (isFull && !/[\p{Mn}\p{Me}]/u.test(letter)) this.rows.push(letter);
    else this.rows[this.rows.length - 1] = row + letter;
  }
}

t.test('a terminal: a line per camera below the events, rewritten every second', t => {
  const screen = new Screen(30);
  const reporter = terminalReporter(screen, () => 30);
  reporter.event('x', {}, 'prepared');
  reporter.figures([REPORT, { ...REPORT, camera: 'rear', state: 'connecting', figures: null }]);
  t.strictSame(screen.rows, ['prepared', 'front  640x480  29.9 fps  1.0…', 'rear   connecting', '']);
  reporter.event('x', {}, 'something');
  reporter.figures([{ ...REPORT, state: 'down', problem: HOSTILE.repeat(20), figures: null }]);
  t.match(screen.rows, ['prepared', 'something', /^front {2}no video: a \[2J b.*…$/, '']);
  reporter.summary([SUMMARY]);
  t.match(screen.rows.slice(0, 3), ['prepared', 'something', /^front {2}360 frames in 12/]);
  t.end();
});

t.test('for any texts, nothing is left over or overwritten', async () => {
  const words = fc.oneof(
    // Letters of two columns or none are tested with `fit`: this screen does not support them.
    fc.string({ unit: 'binary-ascii', maxLength: 60 }),
    fc.constant(HOSTILE),
    fc.constant('x'.repeat(100)),
  );
  const step = fc.oneof(
    fc.record({ event: words }),
    fc.record({ figures: fc.array(words, { minLength: 1, maxLength: 4 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.integer({ min: 20, max: 60 }), (steps, columns) => {
      const screen = new Screen(columns);
      const reporter = terminalReporter(screen, () => columns);
      let shown = 0;
      for (const step of steps) {
        if ('event' in step) reporter.event('x', {}, step.event);
        else {
          shown = step.figures.length;
          reporter.figures(step.figures.map(problem => ({ ...REPORT, state: 'down', problem, figures: null })));
        }
      }
      const isLine = (row: string): boolean => row.startsWith('front  no video: ');
      return screen.rows.filter(isLine).length === shown && screen.rows.slice(-1 - shown, -1).every(isLine);
    }),
    {
      numRuns: 300,
      examples: [
        [[{ figures: ['x'.repeat(90) + '\u{e0100}\u0301'.repeat(50)] }], 20],
        [[{ figures: ['\u{e0100}\0'] }], 20],
      ],
    },
  );
});
