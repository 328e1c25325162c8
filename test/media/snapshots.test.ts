import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { emptyPage, launchChromium } from '../helpers/browser.js';
import { drawnAt, publish } from '../helpers/publisher.js';
import { startServer, until } from '../helpers/server.js';
import { shotOf } from '../helpers/shot.js';

const browser = await launchChromium();
t.teardown(() => browser.close());

/** Twice as many frames as are kept of a stream since its keyframe. */
const MANY = 320;
const TIMEOUT_MS = 60_000;

t.test('a snapshot of a publisher in Chromium, which makes keyframes only on request', async t => {
  const server = await startServer('--camera', 'phone=whip');
  t.teardown(() => server.close());
  const publication = await publish(await emptyPage(browser, server), server, 'phone', { codec: 'H264', clock: true });
  t.equal(publication.status, 201);
  await until('it is live', async () => (await server.camera('phone')).state === 'live');
  const sent = async (count: number) => {
    const goal = (await publication.stats()).framesSent + count;
    await until(`${count} frames more`, async () => (await publication.stats()).framesSent >= goal, TIMEOUT_MS);
  };
  const snapshot = async () => {
    const response = await server.fetch('/api/v1/cameras/phone/snapshot.jpg');
    if (response.status !== 200) throw new Error(await response.text());
    const at = Date.now();
    const file = join(t.testdir(), 'frame.jpg');
    writeFileSync(file, Buffer.from(await response.arrayBuffer()));
    const shot = await shotOf('filesrc name=source ! jpegdec', source => {
      source.location = file;
    });
    return {
      drawnAt: drawnAt(shot, at),
      capturedAt: Date.parse(response.headers.get('Frame-Captured-At') ?? ''),
      ageMs: Number(response.headers.get('Frame-Age-Ms') ?? Number.NaN),
      at,
    };
  };
  await snapshot();
  for (let turn = 0; turn < 2; turn++) {
    await sent(MANY);
    const halfway = Date.now();
    await sent(MANY);
    const { drawnAt, capturedAt, ageMs, at } = await snapshot();
    t.comment(`drawn ${at - drawnAt} ms before the answer, which says ${ageMs} ms`);
    t.ok(drawnAt > halfway, `it shows a frame of ${at - drawnAt} ms ago; ${MANY} came in the last ${at - halfway}`);
    t.ok(capturedAt >= drawnAt - 200, 'it came after it was drawn');
    t.ok(capturedAt <= at && ageMs >= 0);
  }
  t.equal(await publication.leave(), 200);
});
