// Keeps a server busy at random, and checks for leaks: `npm run soak`, half an hour; `-- --minutes N` for less,
// `-- --seed N` to repeat a run. Run nothing else on the machine. Prints a line every 10 s; exits 1 if a long-lived
// process grows or dies by itself, the steady viewer misses frames, or GLib complains.
import { parseArgs } from 'node:util';
import { launchChromium, median } from '../test/helpers/browser.js';
import { resourcesOf, sleep, workersOf } from '../test/helpers/server.js';
import { ACTIONS, type ActionName, startSoak } from './soak-actions.js';
import { trendOf } from './trend.js';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, seed: { type: 'string' } },
});
const MINUTES = Number(values.minutes);
const SEED = Number(values.seed ?? Date.now() % 1_000_000);
if (!(MINUTES > 0) || !Number.isInteger(SEED)) throw new Error('--minutes must be above 0, --seed an integer');
const SAMPLE_MS = 10_000;
/** Concurrent actors, and the maximum ms between two actions of one. */
const ACTORS = 2;
const REST_MS = 3_000;
/** Minimum of the steady viewer's median frames per second. */
const MIN_FPS = 29;
/** Allowed growth of long-lived processes per minute, in the second half; a trend fails if it is surely above. */
const TOLERANCE = { rssMb: 0.5, fds: 0.5, threads: 0.2 } as const;
type Figure = keyof typeof TOLERANCE;
const FIGURES = Object.keys(TOLERANCE) as Figure[];

interface Sample {
  minutes: number;
  fps: number;
  processes: Map<string, Record<Figure, number>>;
}

const browser = await launchChromium();
const soak = await startSoak(browser, SEED);
const { server, random } = soak;
const done = new Map<ActionName, { times: number; failed: number }>();
const samples: Sample[] = [];
const began = performance.now();
const minutes = (): number => (performance.now() - began) / 60_000;
let isOver = false;

async function act(): Promise<void> {
  const names = Object.keys(ACTIONS) as ActionName[];
  while (!isOver) {
    const name = names[Math.floor(random() * names.length)] as ActionName;
    const count = done.get(name) ?? { times: 0, failed: 0 };
    done.set(name, count);
    count.times++;
    // A camera may be killed during a join: what counts is that it comes back, which the next action shows.
    await ACTIONS[name](soak).catch(() => count.failed++);
    await sleep(random() * REST_MS);
  }
}

/** What lives as long as the server: itself, the steady camera, and the worker of multi-camera connections. */
function longLived(): [string, number][] {
  const workers = workersOf(server.pid);
  const named = ['steady', 'bundles'].flatMap(name => {
    const pid = workers.find(({ camera }) => camera === name)?.pid;
    return pid === undefined ? [] : [[name, pid] as [string, number]];
  });
  return [['server', server.pid], ...named];
}

async function sample(before: { frames: number; at: number }): Promise<{ frames: number; at: number }> {
  const now = { frames: await soak.frames(), at: performance.now() };
  const fps = (now.frames - before.frames) / ((now.at - before.at) / 1000);
  const processes = new Map(longLived().map(([name, pid]) => [name, resourcesOf(pid)]));
  samples.push({ minutes: minutes(), fps, processes });
  const words = [...processes].map(
    ([name, { rssMb, fds, threads }]) =>
      `${name} ${rssMb.toFixed(0).padStart(3)} MB ${String(fds).padStart(3)} fds ${String(threads).padStart(2)} threads`,
  );
  const count = [...done.values()].reduce((sum, { times }) => sum + times, 0);
  console.log(
    `${minutes().toFixed(1).padStart(5)} min  ${fps.toFixed(1)} fps  ${words.join(' | ')} | ${count} actions`,
  );
  return now;
}

console.log(`soak: ${MINUTES} min, seed ${SEED}, ${new Date().toISOString()}`);
const pids = new Map(longLived());
const actors = Array.from({ length: ACTORS }, act);
let last = { frames: await soak.frames(), at: performance.now() };
while (minutes() < MINUTES) {
  await sleep(SAMPLE_MS);
  last = await sample(last);
}
isOver = true;
await Promise.all(actors);

const faults: string[] = [];
for (const [name, pid] of pids)
  if (new Map(longLived()).get(name) !== pid) faults.push(`the process of ${name} was replaced`);
const second = samples.filter(({ minutes }) => minutes >= MINUTES / 2);
for (const name of new Set(second.flatMap(({ processes }) => [...processes.keys()])))
  for (const figure of FIGURES) {
    const points = second.flatMap(({ minutes, processes }) => {
      const y = processes.get(name)?.[figure];
      return y === undefined ? [] : [{ x: minutes, y }];
    });
    if (points.length < 3) continue;
    const { slope, atLeast } = trendOf(points);
    const grows = atLeast > TOLERANCE[figure];
    console.log(
      `${name} ${figure}: ${slope.toFixed(3)} per minute, surely ${atLeast.toFixed(3)}; at most ${TOLERANCE[figure]}`,
    );
    if (grows) faults.push(`${figure} of ${name} grows by ${slope.toFixed(2)} per minute`);
  }
const fps = median(samples.map(sample => sample.fps));
console.log(
  `steady viewer: median ${fps.toFixed(1)} fps, least ${Math.min(...samples.map(({ fps }) => fps)).toFixed(1)}`,
);
if (fps < MIN_FPS) faults.push(`the steady viewer saw ${fps.toFixed(1)} fps`);
const complaints = server.log.filter(line => /CRITICAL|GLib-ERROR|assertion/.test(line));
if (complaints.length > 0) faults.push(`GLib complained ${complaints.length} times: ${complaints[0]}`);
const deaths = server.log.filter(line => line.includes('"camera worker exited"') && !line.includes('SIGKILL'));
if (deaths.length > 0) faults.push(`${deaths.length} workers died by themselves: ${deaths[0]}`);
console.log([...done].map(([name, { times, failed }]) => `${name} ${times} (${failed} failed)`).join(', '));
await soak.close();
await browser.close();
console.log(faults.length === 0 ? 'soak: nothing grows' : `soak: FAILED\n  ${faults.join('\n  ')}`);
process.exit(faults.length === 0 ? 0 : 1);
