import t from 'tap';
import { startProgram } from '../helpers/client-program.js';
import { expectEnded, sees } from '../helpers/seen.js';
import { sleep } from '../helpers/server.js';
import { deviceAt, FIRST, SECOND, serving, TIMEOUT_MS } from './vivid.js';

const server = await serving(t, {
  left: { source: `v4l2:bus=${FIRST}`, width: 640, height: 360, framerate: 30, controls: { horizontal_movement: 5 } },
  // It has this size, but only up to 25 fps.
  right: { source: `v4l2:${deviceAt(SECOND)}`, width: 640, height: 480, framerate: 30 },
});

const MEASURED_MS = 5_000;

for (const { camera, size, bus, framerate, nearest } of [
  { camera: 'left', size: '640x360', bus: FIRST, framerate: 30, nearest: false },
  { camera: 'right', size: '640x480', bus: SECOND, framerate: 25, nearest: true },
]) {
  t.test(`${camera}: ${size}`, async t => {
    const client = startProgram(t, 'webrtcbin_client.py', 'watch', `${server.origin}/whep/${camera}`, server.token);
    const first = await sees(client, undefined, TIMEOUT_MS);
    t.equal(`${first.width}x${first.height}`, size);
    await sleep(MEASURED_MS);
    const fps = ((await client.seen()).frames - first.frames) / (MEASURED_MS / 1_000);
    const { state, device, capture, notices, video, encoder } = await server.camera(camera);
    t.comment(`${fps} frames a second from ${encoder}; captured as ${JSON.stringify(capture)}`);
    t.equal(state, 'live');
    t.equal(device, deviceAt(bus));
    t.equal(video?.codec, 'H264');
    t.match(capture, { width: first.width, height: first.height });
    t.ok((capture?.framerate ?? 0) >= framerate, 'it is set to the configured rate, or to its maximum');
    t.equal(
      notices.some(({ code }) => code === 'nearest-mode'),
      nearest,
      'a mode other than configured is reported',
    );
    t.ok(fps > 1 && fps < framerate * 1.2, 'no more frames than configured');
    const [session] = await server.sessions();
    await client.leave();
    await expectEnded(t, server, session?.id, 'client-delete');
  });
}
