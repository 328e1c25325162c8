// The tests' coverage of src/, from the counts of V8 in each of their processes (deploy/test-file.sh, COVERAGE).
//   node deploy/coverage.js keep FROM INTO    copies the part of V8's reports that is about src/, one part in a hundred
//   node deploy/coverage.js report FOLDER     prints it, and checks it; exit status 1 if it is below a threshold:
//     FOLDER/unit alone: LEAST % of the lines of what test/pure-files.txt lists
//     FOLDER/unit and FOLDER/rest: LEAST % of the lines of each of ROOMS; only if FOLDER/rest exists
// A process that is killed writes no report: what only it ran counts as not covered.

import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PURE_FILES = 'test/pure-files.txt';
const ROOMS = ['src/worker/', 'src/server/media/', 'src/domain/', 'src/protocol/'];
/** Per cent of lines. */
const LEAST = 90;

const say = text => process.stdout.write(`${text}\n`);

function keep(from, into) {
  const ours = pathToFileURL(join(ROOT, 'dist/src/')).href;
  mkdirSync(into, { recursive: true });
  for (const name of readdirSync(from)) {
    let report;
    try {
      report = JSON.parse(readFileSync(join(from, name), 'utf8'));
    } catch {
      // Its process was killed while writing it.
      continue;
    }
    const result = report.result.filter(({ url }) => url.startsWith(ours));
    if (result.length > 0) writeFileSync(join(into, name), JSON.stringify({ result }));
  }
}

/** Files of src/ that contain only types: nothing in them runs. */
function typeFiles() {
  return readdirSync(join(ROOT, 'dist/src'), { recursive: true })
    .filter(path => path.endsWith('.js'))
    .filter(path =>
      readFileSync(join(ROOT, 'dist/src', path), 'utf8')
        .split('\n')
        .every(line => /^\s*(export \{\};|\/\/.*|\/?\*.*)?$/.test(line)),
    )
    .map(path => `src/${path.replace(/\.js$/, '.ts')}`);
}

/** Lines of every file of src/, loaded or not: in total, and covered. */
function linesByFile(...folders) {
  const work = mkdtempSync(join(tmpdir(), 'bigfootbot-coverage-'));
  try {
    for (const folder of folders)
      for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(work, name));
    const words = ['report', '--temp-directory', work, '--reports-dir', work, '--reporter', 'json-summary'];
    const not = ['src/web/**', 'src/**/*.d.ts', ...typeFiles()].flatMap(path => ['--exclude', path]);
    const of = ['--all', '--src', 'src', '--exclude-after-remap', '--include', 'src/**', ...not];
    const { status, stdout, stderr } = spawnSync('node_modules/.bin/c8', [...words, ...of], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`c8 report: ${stdout}${stderr}`);
    const { total: _, ...files } = JSON.parse(readFileSync(join(work, 'coverage-summary.json'), 'utf8'));
    return Object.entries(files).map(([path, { lines }]) => ({ path: path.slice(ROOT.length), ...lines }));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Prints one line of the result, and the files below the threshold. @returns whether it is enough */
function judge(name, files) {
  const sum = key => files.reduce((total, file) => total + file[key], 0);
  const percent = (100 * sum('covered')) / sum('total');
  const isEnough = files.length > 0 && percent >= LEAST;
  say(`${isEnough ? 'ok   ' : 'FAIL '} ${percent.toFixed(1).padStart(5)} %  ${name}, ${files.length} files`);
  const least = files.filter(file => file.pct < LEAST).sort((a, b) => b.total - b.covered - a.total + a.covered);
  for (const { path, pct, total, covered } of least)
    say(`        ${pct.toFixed(1).padStart(5)} %  ${path}, ${total - covered} lines not run`);
  return isEnough;
}

/** The lines of the list: files, and folders with everything in them. */
function pureFiles() {
  const paths = readFileSync(join(ROOT, PURE_FILES), 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'));
  for (const path of paths) {
    const isThere = existsSync(join(ROOT, path)) && statSync(join(ROOT, path)).isDirectory() === path.endsWith('/');
    if (!isThere) throw new Error(`${PURE_FILES}: there is no ${path} (a folder ends with a slash)`);
  }
  return paths;
}

function report(folder) {
  const [unit, rest] = ['unit', 'rest'].map(part => join(folder, part));
  const pure = pureFiles();
  const ofUnit = linesByFile(unit).filter(({ path }) => pure.some(one => path === one || path.startsWith(one)));
  const results = [judge(`the pure files, by the unit tests alone`, ofUnit)];
  if (existsSync(rest)) {
    const all = linesByFile(unit, rest);
    for (const room of ROOMS)
      results.push(
        judge(
          room,
          all.filter(({ path }) => path.startsWith(room)),
        ),
      );
    const sum = key => all.reduce((total, file) => total + file[key], 0);
    say(`      ${((100 * sum('covered')) / sum('total')).toFixed(1).padStart(5)} %  all of src/ but src/web/`);
  }
  return results.every(isEnough => isEnough);
}

const [what, ...words] = process.argv.slice(2);
if (what === 'keep' && words.length === 2) keep(...words);
else if (what === 'report' && words.length === 1) process.exitCode = report(...words) ? 0 : 1;
else {
  process.stderr.write('usage: node deploy/coverage.js keep FROM INTO | report FOLDER\n');
  process.exitCode = 64;
}
