// Measures what the project promises, against a lean baseline in the same run: `npm run bench`. Run nothing else on the
// machine; `npm run bench -- idle joins` measures only these parts. Prints a line per figure, and with --json a line of
// JSON; exits 1 if something is slower than promised.
import type { Browser } from 'playwright-core';
import { emptyPage, joinAndLeave, launchChromium, median, openViewers } from '../test/helpers/browser.js';
import { cpuSeconds, resourcesOf, sleep } from '../test/helpers/server.js';
import { baselineLatency, recvLatency } from './latency.js';
import { baseline, product, type Subject } from './subjects.js';

interface Row {
  figure: string;
  unit: string;
  value: number;
  /** The baseline's; null if it has none. */
  baseline: number | null;
  /** The promised maximum. */
  promised: number | null;
}

const JOINS = 100;
const VIEWERS = 20;
const IDLE_CAMERAS = 4;
const SETTLE_MS = 60_000;
const LATENCY_S = 30;
const rows: Row[] = [];
const note = (row: Row): void => {
  rows.push(row);
  const ratio = row.baseline === null ? '' : ` | baseline ${round(row.baseline)} (×${round(row.value / row.baseline)})`;
  console.error(
    `${row.figure}: ${round(row.value)} ${row.unit}${ratio}${row.promised === null ? '' : ` | promised ≤ ${row.promised}`}`,
  );
};
const round = (value: number): number => Math.round(value * 100) / 100;

async function warmJoins(
  browser: Browser,
  subject: Subject,
): Promise<{ answer: number; firstFrame: number; failed: number }> {
  const page = await emptyPage(browser, subject);
  await joinAndLeave(page, subject, subject.endpoint(0), 5);
  const joins = await joinAndLeave(page, subject, subject.endpoint(0), JOINS);
  await page.close();
  const frames = joins.flatMap(join => join.firstFrameMs ?? []);
  return {
    answer: median(joins.map(join => join.answerMs)),
    firstFrame: median(frames),
    failed: joins.length - frames.length,
  };
}

async function perViewer(browser: Browser, subject: Subject): Promise<{ cpu: number; mb: number; fps: number }> {
  const page = await emptyPage(browser, subject);
  // One viewer keeps the camera open: the camera's own cost is not the viewers'.
  const first = await openViewers(page, subject, subject.endpoint(0), 1);
  await sleep(3000);
  const alone = { cpu: await cpuShare(subject.sender, 6000), mb: resourcesOf(subject.sender).rssMb };
  const others = await openViewers(page, subject, subject.endpoint(0), VIEWERS - 1);
  await sleep(5000);
  const before = await others.stats();
  const began = performance.now();
  const cpu = await cpuShare(subject.sender, 10_000);
  const seconds = (performance.now() - began) / 1000;
  const frames = (await others.stats()).map((viewer, i) => viewer.framesDecoded - (before[i]?.framesDecoded ?? 0));
  const result = {
    cpu: ((cpu - alone.cpu) / (VIEWERS - 1)) * 100,
    mb: (resourcesOf(subject.sender).rssMb - alone.mb) / (VIEWERS - 1),
    fps: Math.min(...frames) / seconds,
  };
  await others.leave();
  await first.leave();
  await page.close();
  return result;
}

/** A process's share of one core. */
async function cpuShare(pid: number, ms: number): Promise<number> {
  const began = { at: performance.now(), cpu: cpuSeconds(pid) };
  await sleep(ms);
  return (cpuSeconds(pid) - began.cpu) / ((performance.now() - began.at) / 1000);
}

async function coldJoin(browser: Browser): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const subject = await product();
    const page = await emptyPage(browser, subject);
    await sleep(1000);
    times.push(
      (await joinAndLeave(page, subject, subject.endpoint(0), 1))[0]?.firstFrameMs ?? Number.POSITIVE_INFINITY,
    );
    await page.close();
    await subject.close();
  }
  return median(times);
}

async function idle(browser: Browser): Promise<number> {
  const subject = await product(IDLE_CAMERAS);
  const page = await emptyPage(browser, subject);
  for (let i = 0; i < IDLE_CAMERAS; i++) await joinAndLeave(page, subject, subject.endpoint(i), 2);
  await page.close();
  await sleep(SETTLE_MS);
  const shares = await Promise.all(subject.all().map(pid => cpuShare(pid, 30_000)));
  await subject.close();
  return shares.reduce((sum, share) => sum + share, 0) * 100;
}

/** Measures the baseline, then the product. */
async function besideBaseline<T>(measure: (subject: Subject) => Promise<T>): Promise<{ ours: T; lean: T }> {
  const results: T[] = [];
  for (const start of [baseline, () => product()]) {
    const subject = await start();
    results.push(await measure(subject));
    await subject.close();
  }
  const [lean, ours] = results as [T, T];
  return { ours, lean };
}

const browser = await launchChromium();
const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  async joins() {
    const { ours, lean } = await besideBaseline(subject => warmJoins(browser, subject));
    note({ figure: `joins without video, of ${JOINS}`, unit: '', value: ours.failed, baseline: null, promised: 0 });
    note({
      figure: 'answer, camera open, median',
      unit: 'ms',
      value: ours.answer,
      baseline: lean.answer,
      promised: 30,
    });
    note({
      figure: 'click to first frame, camera open, median',
      unit: 'ms',
      value: ours.firstFrame,
      baseline: lean.firstFrame,
      promised: 100,
    });
  },
  async cold() {
    note({
      figure: 'click to first frame, camera closed, median of 3',
      unit: 'ms',
      value: await coldJoin(browser),
      baseline: null,
      promised: 600,
    });
  },
  async viewers() {
    const { ours, lean } = await besideBaseline(subject => perViewer(browser, subject));
    note({
      figure: `CPU per viewer, ${VIEWERS} viewers`,
      unit: '% of a core',
      value: ours.cpu,
      baseline: lean.cpu,
      promised: 0.7,
    });
    note({ figure: 'memory per viewer', unit: 'MB', value: ours.mb, baseline: lean.mb, promised: 1.5 });
    note({
      figure: 'frames per second missing of 30, slowest viewer',
      unit: '',
      value: 30 - ours.fps,
      baseline: null,
      promised: 0.5,
    });
  },
  async latency() {
    const lean = await baselineLatency(LATENCY_S);
    for (const [words, ours] of [
      ['', await recvLatency(LATENCY_S)],
      [', lost packets not waited for', await recvLatency(LATENCY_S, '--jitter-ms', '0')],
    ] as const) {
      const row = { unit: 'ms', baseline: null, promised: null };
      note({
        ...row,
        figure: `capture to decoded pixels in recv${words}, p50`,
        value: ours.p50,
        baseline: lean.p50,
        promised: 15,
      });
      note({
        ...row,
        figure: `capture to decoded pixels in recv${words}, p99`,
        value: ours.p99,
        baseline: lean.p99,
        promised: 40,
      });
      note({ ...row, figure: 'uncertainty', value: ours.errorMs });
    }
  },
  async idle() {
    note({
      figure: `CPU of all processes, ${IDLE_CAMERAS} cameras, nobody watching`,
      unit: '% of a core',
      value: await idle(browser),
      baseline: null,
      promised: 0.3,
    });
  },
};
const wanted = process.argv.slice(2).filter(word => word in PARTS);
for (const [name, measure] of Object.entries(PARTS)) if (wanted.length === 0 || wanted.includes(name)) await measure();
await browser.close();
if (process.argv.includes('--json')) console.log(JSON.stringify(rows));
const broken = rows.filter(row => row.promised !== null && row.value > row.promised);
if (broken.length > 0)
  console.error(`\nslower than promised on this machine: ${broken.map(row => row.figure).join('; ')}`);
process.exit(broken.length > 0 ? 1 : 0);
