import t, { type Test } from 'tap';
import { startProgram } from '../helpers/client-program.js';
import { expectEnded, sees } from '../helpers/seen.js';
import { sleep, until } from '../helpers/server.js';
import { deviceAt, FIRST, keepNumber, plugIn, readControl, serving, setControl, TIMEOUT_MS, unplug } from './vivid.js';

// Moving video; a heavier load is for other machines.
const CONTROLS = { horizontal_movement: 5 };
const server = await serving(t, {
  cam: { source: `v4l2:bus=${FIRST}`, width: 320, height: 180, framerate: 15, stallTimeout: 2, controls: CONTROLS },
});

/** Required time of a camera that is plugged in again: from its device to its video. */
const BACK_MS = 2_000;
/** Frames, of which most must differ from the one before. */
const COMPARED_FRAMES = 20;
/** Since the last frame, in addition to stallTimeout. */
const NOTICED_MS = 1_500;

const client = startProgram(t, 'webrtcbin_client.py', 'watch', `${server.origin}/whep/cam`, server.token);
await sees(client, undefined, TIMEOUT_MS);
const [session] = await server.sessions();
const worker = server.worker('cam');

const state = async (): Promise<string> => (await server.camera('cam')).state;
const logged = (event: string): number => server.log.filter(line => line.includes(`"msg":"${event}"`)).length;

/** Waits for it, and returns how long it took. */
async function timed(
  t: { comment(text: string): void },
  what: string,
  look: () => Promise<boolean>,
  timeoutMs = 20_000,
): Promise<number> {
  const began = performance.now();
  await until(what, look, timeoutMs);
  const took = Math.round(performance.now() - began);
  t.comment(`${what}: after ${took} ms`);
  return took;
}

/** The device has the configured controls, as read by another program. */
const hasControls = (device = ''): boolean =>
  Object.entries(CONTROLS).every(([name, value]) => readControl(device, name) === value);

/** The viewer keeps getting frames, in the same session, from the same worker. */
async function staysWatched(t: Test): Promise<void> {
  const { frames } = await client.seen();
  await until('more frames', async () => (await client.seen()).frames > frames, TIMEOUT_MS);
  t.strictSame(
    (await server.sessions()).map(({ id, state }) => ({ id, state })),
    [{ id: session?.id, state: 'connected' }],
  );
  t.equal(server.worker('cam'), worker);
  const { restarts, encoder } = await server.camera('cam');
  t.equal(restarts, 0);
  t.match(encoder, /./);
}

/** The camera's own video is back: it moves. */
async function showsCamera(t: Test): Promise<void> {
  let last = await client.seen();
  await until(
    'moving video',
    async () => {
      const now = await client.seen();
      const frames = now.frames - last.frames;
      if (frames < COMPARED_FRAMES) return false;
      const changes = now.changes - last.changes;
      last = now;
      // A placeholder counts seconds, and is still in between.
      return changes > frames * 0.75;
    },
    TIMEOUT_MS,
  );
  await staysWatched(t);
}

t.test('the controls are as configured', async t => {
  await timed(t, 'controls set', async () => hasControls(deviceAt(FIRST)), BACK_MS);
});

t.test('unplugged under a viewer, and plugged in as another device', async t => {
  const before = deviceAt(FIRST) ?? '';
  const release = keepNumber(before);
  t.teardown(release);
  unplug();
  const noticed = await timed(t, 'lost', async () => (await state()) === 'lost');
  t.ok(noticed < NOTICED_MS);
  const lost = await server.camera('cam');
  t.match(lost, { device: null, lostSince: /^\d{4}-/, problem: { detail: /./, remedy: /./ } });
  await staysWatched(t);
  // Longer than any quick retry.
  await sleep(5_000);
  await staysWatched(t);
  t.equal(await state(), 'lost');

  plugIn();
  const after = deviceAt(FIRST);
  t.not(after, before);
  const back = await timed(t, 'live again', async () => (await state()) === 'live');
  t.ok(back < BACK_MS);
  t.match(await server.camera('cam'), { device: after, lostSince: null });
  await timed(t, 'controls set again', async () => hasControls(after), BACK_MS);
  await showsCamera(t);
});

t.test('a disconnect by the driver', async t => {
  const [lost, back] = [logged('camera lost'), logged('camera recovered')];
  // vivid reconnects it as soon as nobody has it open.
  setControl(deviceAt(FIRST) ?? '', 'disconnect', 1);
  await timed(t, 'lost', async () => logged('camera lost') > lost);
  await timed(t, 'live again', async () => logged('camera recovered') > back && (await state()) === 'live');
  await showsCamera(t);
});

t.test('a driver error while streaming', async t => {
  const [lost, back] = [logged('camera lost'), logged('camera recovered')];
  setControl(deviceAt(FIRST) ?? '', 'inject_fatal_streaming_error', 1);
  await timed(t, 'lost', async () => logged('camera lost') > lost);
  await timed(t, 'live again', async () => logged('camera recovered') > back && (await state()) === 'live');
  await showsCamera(t);
});

t.test('connected, but silent', async t => {
  const device = deviceAt(FIRST) ?? '';
  setControl(device, 'percentage_of_dropped_buffers', 100);
  const noticed = await timed(t, 'lost', async () => (await state()) === 'lost');
  t.ok(noticed < 2_000 + NOTICED_MS, 'its stallTimeout, and little more');
  await staysWatched(t);
  setControl(device, 'percentage_of_dropped_buffers', 0);
  await timed(t, 'live again', async () => (await state()) === 'live');
  await showsCamera(t);
});

t.test('the viewer leaves', async t => {
  await client.leave();
  await expectEnded(t, server, session?.id, 'client-delete');
});
