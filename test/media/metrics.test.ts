import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { DEFINITIONS } from '../../src/server/metrics/definitions.js';
import { startRecv } from '../helpers/recv.js';
import { sleep, startServer, until } from '../helpers/server.js';

// What Prometheus scrapes from a real camera with a real viewer.

const at = (path: string): URL => new URL(`../../../${path}`, import.meta.url);
const read = (path: string): string => readFileSync(at(path), 'utf8');

/** Metric names in a text, such as `bigfootbot_camera_state`. */
const namesIn = (text: string): string[] => [...new Set(text.match(/\bbigfootbot_\w+/g) ?? [])].sort();

// They cost little: a receiver that cannot keep up asks for keyframes, and its reports of the loss wait for that.
const SMALL = '{ source: test, width: 320, height: 240, framerate: 15, bitrate: 300000 }';
const config = `limits: { linger: 3600 }\ncameras:\n  front: ${SMALL}\n  other: ${SMALL}\n`;
const server = await startServer('--config', join(t.testdir({ 'config.yaml': config }), 'config.yaml'));
t.teardown(() => server.close());
const viewers = [1, 2].map(() => startRecv(t, [server.origin, 'front', '--headless'], { token: server.token }));
await until('it plays', () => viewers.every(recv => Number(recv.figures('front').fps ?? 0) > 5), 30_000);
const scrape = async (): Promise<string> => {
  const response = await server.fetch('/metrics');
  if (response.status !== 200) throw new Error(`/metrics answers ${response.status}: ${await response.text()}`);
  return await response.text();
};
/** The value of the first series with this prefix. */
const figure = (text: string, series: string): number =>
  Number(
    text
      .split('\n')
      .find(line => line.startsWith(series))
      ?.split(' ')
      .at(-1) ?? Number.NaN,
  );
await scrape();
/** The first scrape with a series: not every scrape has all of them, see docs/metrics.md. */
const BETWEEN_SCRAPES_MS = 500;
const scraped = (what: string, series: RegExp): Promise<string> =>
  until(
    what,
    async () => {
      const found = await scrape();
      if (series.test(found)) return found;
      await sleep(BETWEEN_SCRAPES_MS);
      return null;
    },
    60_000,
  );
const REPORTED = /^bigfootbot_session_round_trip_seconds\{session="([^"]+)"/m;
const text = await scraped('a viewer has sent a report', REPORTED);
// Frames are timed on both sides of the encoder; a busy machine misses some.
const encoded = await scraped('encoding of frames was timed', /^bigfootbot_camera_encode_seconds\{/m);
const session = REPORTED.exec(text)?.[1];

t.test('every metric is present, with a plausible value', t => {
  const labels = `{session="${session}",camera="front",protocol="whep"}`;
  for (const [series, low, high] of [
    ['bigfootbot_camera_state{camera="front",state="live"}', 1, 1],
    ['bigfootbot_camera_state{camera="front",state="lost"}', 0, 0],
    ['bigfootbot_camera_state{camera="other",state="idle"}', 1, 1],
    ['bigfootbot_camera_viewers{camera="front"}', 2, 2],
    ['bigfootbot_camera_frame_rate_hertz{camera="front"}', 1, 60],
    ['bigfootbot_camera_video_bytes_per_second{camera="front"}', 1_000, 1e6],
    ['bigfootbot_camera_frame_age_seconds{camera="front"}', 0, 2],
    ['bigfootbot_camera_encoded_frames_total{camera="front"}', 5, 1e4],
    ['bigfootbot_camera_keyframes_total{camera="front"}', 1, 100],
    ['bigfootbot_camera_worker_restarts_total{camera="front"}', 0, 0],
    [`bigfootbot_session_connected${labels}`, 1, 1],
    [`bigfootbot_session_bytes_total${labels}`, 1_000, 1e8],
    [`bigfootbot_session_round_trip_seconds${labels}`, 0, 2],
    [`bigfootbot_session_silence_seconds${labels}`, 0, 10],
    ['bigfootbot_session_answer_seconds_count{protocol="whep"}', 2, 2],
    ['bigfootbot_session_first_packet_seconds_count{protocol="whep"}', 2, 2],
    ['bigfootbot_process_resident_memory_bytes{process="camera",camera="front"}', 1e7, 1e9],
    ['bigfootbot_process_threads{process="control",camera=""}', 1, 100],
    ['bigfootbot_process_cpu_seconds_total{process="control",camera=""}', 0.1, 100],
  ] as const) {
    const value = figure(text, series);
    t.ok(value >= low && value <= high, `${series}: ${value}`);
  }
  for (const [series, high] of [
    ['bigfootbot_camera_frame_delay_seconds{camera="front"}', 2],
    ['bigfootbot_camera_encode_seconds{camera="front"}', 1],
  ] as const) {
    const value = figure(encoded, series);
    t.ok(value >= 0 && value <= high, `${series}: ${value}`);
  }
  for (const [name, { type }] of Object.entries(DEFINITIONS)) t.match(text, `# TYPE ${name} ${type}\n`, name);
  const keyframes = figure(text, 'bigfootbot_camera_keyframes_total{camera="front"}');
  t.ok(keyframes < figure(text, 'bigfootbot_camera_encoded_frames_total{camera="front"}'), 'not every frame is one');
  t.notMatch(text, server.token);
  t.end();
});

t.test('the dashboard, the alerts and the documentation name existing metrics', t => {
  // Present only once a session has ended.
  const known = new Set([...namesIn(text), 'bigfootbot_sessions_closed_total']);
  for (const file of ['deploy/grafana/bigfootbot-video.json', 'deploy/prometheus/alerts.yaml', 'docs/metrics.md']) {
    const named = namesIn(read(file));
    t.ok(named.length > 5, file);
    t.strictSame(
      named.filter(name => !known.has(name)),
      [],
      file,
    );
  }
  const documented = namesIn(read('docs/metrics.md'));
  const base = [...known].map(name => name.replace(/_(bucket|sum|count)$/, ''));
  t.strictSame(
    base.filter(name => !documented.includes(name)),
    [],
    'all are documented',
  );
  const jobs = ['docs/metrics.md', 'deploy/prometheus/prometheus.yaml', 'deploy/prometheus/alerts.yaml'].flatMap(file =>
    [...read(file).matchAll(/job_name: (\S+)|\bjob="([^"]+)"/g)].map(([, named, asked]) => named ?? asked),
  );
  t.strictSame([...new Set(jobs)], ['bigfootbot-video'], `the alerts watch the scraped job: ${jobs}`);
  t.end();
});

const noPromtool = spawnSync('promtool', ['--version']).error ? 'promtool is missing (Debian: prometheus)' : false;

t.test('promtool accepts the rules and the metrics', { skip: noPromtool }, t => {
  const rules = spawnSync('promtool', ['check', 'rules', fileURLToPath(at('deploy/prometheus/alerts.yaml'))], {
    encoding: 'utf8',
  });
  t.equal(rules.status, 0, `${rules.stdout}${rules.stderr}`);
  const metrics = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  t.equal(metrics.status, 0, `${metrics.stdout}${metrics.stderr}`);
  t.end();
});

t.test('the series of an ended session disappear, and the session is counted', async t => {
  await Promise.all(viewers.map(recv => recv.stop()));
  await until('the sessions end', async () => (await server.sessions()).length === 0);
  const after = await scrape();
  t.notMatch(after, `session="${session}"`);
  t.match(after, /^bigfootbot_sessions_closed_total\{protocol="whep",reason="[a-z-]+"\} 2$/m);
});
