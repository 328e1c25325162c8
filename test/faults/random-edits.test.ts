import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { parse } from 'yaml';
import { emptyPage, launchChromium, openViewers } from '../helpers/browser.js';
import { after, type Cameras, type Edit, editsOf, send } from '../helpers/edits.js';
import { IS_LONG } from '../helpers/long.js';
import { makeVideo } from '../helpers/make-video.js';
import { sleep, startServer, until } from '../helpers/server.js';

// Random valid and invalid edits of cameras, while a viewer watches one of them.

const EDITS = IS_LONG ? 1_000 : 100;
/** A new one in each run, or the one to repeat. */
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
/** About as fast as a user drags a slider. */
const PAUSE_MS = 80;
const WATCHED = 'eye';
/**
 * Minimum frames per second of the viewer, at any time, over so many seconds. LEAST_FPS=20 on a machine that
 * does nothing else; a busy one may miss some, but the video must never freeze.
 */
const LEAST_FPS = Number(process.env.LEAST_FPS ?? 1);
const WINDOW_S = 4;

const dir = t.testdir();
const browser = await launchChromium();
t.teardown(() => browser.close());

t.test(`${EDITS} random edits under a viewer (SEED=${SEED})`, async t => {
  const video = makeVideo(join(dir, 'video.mp4'), { frames: 60, fps: 30, keyframeInterval: 30 });
  const file = join(dir, 'config.yaml');
  writeFileSync(
    file,
    `# of the robot\nlimits: { requestsPerMinute: 100000 }\ncameras:\n  # what the test watches\n  ${WATCHED}: { source: test }\n  spare: { source: whip }\n`,
  );
  const server = await startServer('--config', file);
  t.teardown(() => server.close());
  const viewers = await openViewers(await emptyPage(browser, server), server, WATCHED, 1);
  const decoded = async () => (await viewers.stats())[0]?.framesDecoded ?? 0;
  await until('it plays', async () => (await decoded()) > 10);
  const [session] = await server.sessions();

  const windows: number[] = [];
  let goesOn = true;
  const watching = (async () => {
    while (goesOn) {
      const [before, began] = [await decoded(), performance.now()];
      await sleep(WINDOW_S * 1000);
      windows.push(((await decoded()) - before) / ((performance.now() - began) / 1000));
    }
  })();

  const sources = fc.constantFrom('test', 'test', `file:${video}`, 'rtsp://127.0.0.1:9/nobody');
  const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    server.fetch(path, {
      method,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  let cameras: Cameras = new Map(Object.entries(parse(readFileSync(file, 'utf8')).cameras));
  const counts: Record<number, number> = {};
  const edits = fc.sample(fc.tuple(editsOf([WATCHED, WATCHED, WATCHED, 'spare']), sources), {
    numRuns: EDITS,
    seed: SEED,
  });
  for (const [index, [made, source]] of edits.entries()) {
    const edit =
      made.id === WATCHED ? fitting(made, source) : { ...made, body: { ...made.body, ...sourceOfSpare(made) } };
    const name = `edit ${index} of SEED=${SEED}: ${edit.method} ${edit.id} ${JSON.stringify(edit.body)}`;
    const { status, right } = await send(ask, edit, cameras);
    // While its stream is passed through there is no encoder to configure.
    const isOfEncoder = 'bitrate' in edit.body || 'keyframeInterval' in edit.body || edit.method === 'PUT';
    if (!right.includes(status) && !(status === 409 && isOfEncoder && edit.id === WATCHED))
      t.fail(`${name}: ${status}, and not ${right}`);
    if (status < 300) cameras = after(edit, cameras);
    counts[status] = (counts[status] ?? 0) + 1;
    if (!isSame(parse(readFileSync(file, 'utf8')).cameras, cameras)) t.fail(`${name}: the file differs`);
    await sleep(PAUSE_MS);
  }
  goesOn = false;
  await watching;
  t.comment(JSON.stringify({ counts, leastFps: Math.min(...windows).toFixed(1), windows: windows.length }));
  t.ok(
    windows.every(fps => fps >= LEAST_FPS),
    `the viewer always has ${LEAST_FPS} fps: ${windows.map(fps => fps.toFixed(0)).join(' ')}`,
  );
  t.strictSame(
    (await server.sessions()).map(({ id }) => id),
    [session?.id],
    'in one session',
  );
  for (const line of server.log.filter(entry => /"level":[456]0/.test(entry)).slice(-20)) t.comment(line);
  t.equal((await server.camera(WATCHED)).restarts, 0, 'the worker never died');
  const last = cameras.get(WATCHED) ?? {};
  const { settings } = await server.camera(WATCHED);
  for (const key of ['width', 'height', 'bitrate', 'framerate'] as const)
    if (key in last) t.equal(settings[key], last[key], `${key} is that of the last edit`);
  t.match(readFileSync(file, 'utf8'), /# of the robot[\s\S]*# what the test watches/, 'the comments are there');
  t.strictSame(
    server.log.filter(line => /CRITICAL|assertion/.test(line)),
    [],
  );
  await viewers.leave();
});

/** Reduces a valid edit to what this machine encodes in time; never removes the camera that is watched. */
function fitting(edit: Edit, source: string): Edit {
  const body = { ...edit.body };
  for (const [key, modulo, from] of [
    ['width', 400, 320],
    ['height', 300, 240],
    ['framerate', 10, 28],
  ] as const) {
    const value = body[key];
    if (typeof value !== 'number' || !Number.isInteger(value) || value <= 64 || value > 7680) continue;
    if (key === 'framerate' ? value <= 240 : value % 2 === 0) body[key] = from + (value % modulo);
  }
  if (typeof body.bitrate === 'number' && body.bitrate > 1_000_000) body.bitrate = 200_000 + (body.bitrate % 2_000_000);
  if (typeof body.stallTimeout === 'number' && body.stallTimeout >= 0.5 && body.stallTimeout <= 60)
    body.stallTimeout = 0.5;
  if (typeof body.source === 'string' && /^(test$|whip$|rtsp:\/\/u:p|v4l2:\/dev|file:)/.test(body.source))
    body.source = source;
  if (typeof body.framerate === 'number' && body.framerate >= 1 && body.framerate < 28) body.framerate = 28;
  return { ...edit, body, method: edit.method === 'DELETE' ? 'PATCH' : edit.method };
}

/** It has no publisher, and opens nothing. */
const sourceOfSpare = ({ body }: Edit): object =>
  body.source === undefined || !/^(test$|whip$|rtsp:\/\/u:p|v4l2:\/dev|file:)/.test(String(body.source))
    ? {}
    : { source: 'whip' };

function isSame(kept: Record<string, Record<string, unknown>>, cameras: Cameras): boolean {
  return isDeepStrictEqual(new Map(Object.entries(kept)), new Map(cameras));
}
