import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { type Ran, ROOT, ran } from '../helpers/programs.js';

// deploy/test.sh in its own tree, with test files that are a few lines of TAP.

const DAY_MS = 86_400_000;
const OK = "console.log('TAP version 14\\n1..1\\nok 1 - it holds\\n# { total: 1, pass: 1 }');";
const FAILS =
  "console.log('1..1\\nnot ok 1 - it does not hold\\n# { total: 1, pass: 0, fail: 1 }'); process.exitCode = 1;";
/** Simulates a race: fails only the first time. */
const FAILS_ONCE = `if (runs() === 1) { ${FAILS} } else { ${OK} }`;

const day = (daysAgo: number): string => new Date(Date.now() - daysAgo * DAY_MS).toISOString().slice(0, 10);

interface Tree {
  run(...words: string[]): Ran & { last: string };
  /** How often a file ran, by its path in test/. */
  runs(file: string): number;
}

/** @param files the body of each test file, by its path in test/ without its ending */
function makeTree(t: Test, files: Record<string, string>, quarantine?: string): Tree {
  const root = t.testdir();
  for (const script of ['test.sh', 'test-file.sh']) {
    mkdirSync(join(root, 'deploy'), { recursive: true });
    cpSync(join(ROOT, 'deploy', script), join(root, 'deploy', script));
  }
  mkdirSync(join(root, 'test'));
  if (quarantine !== undefined) writeFileSync(join(root, 'test/quarantine.txt'), quarantine);
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  for (const [name, body] of Object.entries(files)) {
    const path = join(root, 'dist/test', `${name}.test.js`);
    mkdirSync(dirname(path), { recursive: true });
    const count = `const log = ${JSON.stringify(`${path}.runs`)};
      appendFileSync(log, 'x');
      const runs = () => readFileSync(log, 'utf8').length;`;
    writeFileSync(path, `import { appendFileSync, readFileSync } from 'node:fs';\n${count}\n${body}\n`);
  }
  return {
    run: (...words) => {
      const result = ran('sh', [join(root, 'deploy/test.sh'), ...words], { COVERAGE: '' });
      return { ...result, last: result.output.trimEnd().split('\n').at(-1) ?? '' };
    },
    runs: file => {
      try {
        return readFileSync(join(root, 'dist/test', `${file}.test.js.runs`), 'utf8').length;
      } catch {
        return 0;
      }
    },
  };
}

const passing = (...names: string[]): Record<string, string> => Object.fromEntries(names.map(name => [name, OK]));

t.test('a failure fails the run, and is not repeated', t => {
  const tree = makeTree(t, { ...passing('access/a', 'config/b', 'web/c', 'media/d'), 'media/racy': FAILS_ONCE });
  const { status, output, last } = tree.run();
  t.equal(status, 1, output);
  t.equal(tree.runs('media/racy'), 1, 'nothing is run again');
  t.match(output, /^FAIL .*media\/racy\.test\.js/m);
  t.match(output, 'not ok 1 - it does not hold');
  t.match(last, /^5 files, 1 of them failed, 0 in quarantine; 4 asserts passed, 0 skipped; \d+ s$/);
  t.end();
});

t.test('a test that is aborted, or asserts nothing, has failed', t => {
  for (const [name, body] of [
    ['it exits with 1', 'process.exit(1);'],
    ['it exits with 0 before it has a plan', 'process.exit(0);'],
    ['it is killed', "process.kill(process.pid, 'SIGKILL'); setInterval(() => 0, 1000);"],
    ['it has no assertions', "console.log('TAP version 14\\n1..0\\n# { total: 0, pass: 0 }');"],
    ['it has no count', "console.log('TAP version 14\\n1..0');"],
    // This also kills the shell that would report it.
    ['its shell is killed', "process.kill(process.ppid, 'SIGKILL');"],
  ] as const) {
    const tree = makeTree(t, { ...passing('access/a'), 'config/b': body });
    t.equal(tree.run().status, 1, name);
    t.equal(tree.runs('config/b'), 1, name);
  }
  t.end();
});

t.test('the folder of a file decides which command runs it', t => {
  const files = ['access/a', 'worker/b', 'http/c', 'cli/d', 'browser/e', 'media/f', 'interop/g', 'faults/h', 'v4l2/i'];
  const had = (...words: string[]): string => {
    const tree = makeTree(t, passing(...files));
    const { status, output } = tree.run(...words);
    t.equal(status, 0, output);
    return files.filter(file => tree.runs(file) > 0).join(' ');
  };
  t.equal(had(), 'access/a worker/b http/c cli/d browser/e media/f', 'npm test');
  t.equal(had('--unit'), 'access/a worker/b', 'npm run test:unit');
  t.equal(had('--interop'), 'interop/g faults/h', 'npm run test:interop');
  t.equal(had('http/', 'faults/h'), 'http/c faults/h', 'arguments select among all of them');
  t.equal(had('--faults'), 'faults/h', 'npm run test:faults');
  t.equal(had('--unit', 'b', 'c', '/g'), 'access/a worker/b', 'and with an option among its files');
  t.equal(had('--interop', 'faults'), 'faults/h');
  const { run } = makeTree(t, passing(...files));
  t.match(run('http/nothing'), { status: 1, output: /no test file .*http\/nothing/ }, 'no selected file is a failure');
  t.match(run('--units'), { status: 64, output: /usage: .*--unit \| --interop \| --faults/ });
  t.end();
});

t.test('a file in quarantine is not run, and is counted', t => {
  const files = { ...passing('access/a'), 'media/racy': FAILS, 'interop/b': FAILS };
  const quarantine = `# why\n\ntest/media/racy.test.ts ${day(29)} it loses a frame now and then\ntest/interop/b.test.ts ${day(0)} x`;
  const tree = makeTree(t, files, quarantine);
  const { status, last, output } = tree.run();
  t.equal(status, 0, output);
  t.equal(tree.runs('media/racy'), 0);
  t.match(last, /^1 files, 0 of them failed, 2 in quarantine; 1 asserts passed/, 'all of them');
  t.equal(tree.run('media/racy').status, 1, 'not even by its name');
  t.end();
});

t.test('an expired or invalid quarantine fails the run before it starts', t => {
  const file = 'test/media/racy.test.ts';
  for (const [line, complaint] of [
    [`${file} ${day(31)} flaky`, /quarantine\.txt:1: since .* more than 30 days/],
    [`${file} ${day(-2)} flaky`, /:1: .* is in the future/],
    [`${file} ${day(3)}`, /:1: no reason\. A line is: FILE DATE REASON/],
    [`${file} flaky`, /:1: "flaky" is no date/],
    [`${file} yesterday flaky`, /:1: "yesterday" is no date/],
    [`${file} 2026-02-30 flaky`, /:1: "2026-02-30" is no date/],
    [file, /:1: "" is no date/],
    [`test/media/gone.test.ts ${day(1)} flaky`, /:1: there is no test file "test\/media\/gone\.test\.ts"/],
    [`test/media ${day(1)} flaky`, /:1: there is no test file "test\/media"/],
    [`# two\n${file} ${day(1)} flaky\ntest/gone.test.ts ${day(1)} flaky`, /:3: there is no test file/],
  ] as const) {
    const tree = makeTree(t, { ...passing('access/a'), 'media/racy': OK }, `${line}\n`);
    const { status, output } = tree.run();
    t.equal(status, 1, line);
    t.match(output, complaint, line);
    t.equal(tree.runs('access/a'), 0, line);
  }
  t.end();
});
