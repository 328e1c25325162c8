import type { Browser } from 'playwright-core';
import type { Test } from 'tap';
import { openElsewhere } from './client-page.js';
import { type Client, gone, sees } from './seen.js';
import { type TestServer, until } from './server.js';

/** Where somebody publishes, and who looks. */
export interface Stage {
  server: TestServer;
  /** A camera of source `whip`. */
  camera: string;
  /** In which the viewer looks. */
  browser: Browser;
  /** See footprint. */
  isBack(): Promise<void>;
}

interface Expected {
  /** Of the published picture, as SDP names it; left out where the publisher offers many. */
  codec?: string;
  /** `320x240`; left out, the browser that publishes chooses it by its bitrate. */
  size?: string;
  /** Its pictures change, and each is of one colour, as those of Firefox's fake camera. */
  plain?: boolean;
  /** Whether it comes with sound that can be heard; left out, nobody listens. */
  sound?: boolean;
}

/**
 * A publisher has begun: a viewer in Chromium sees its picture move, both leave, and nothing of either stays.
 * @param publisher leaves in its own way, which must be a DELETE
 */
export async function published(
  t: Test,
  { server, camera, browser, isBack }: Stage,
  publisher: Pick<Client, 'leave'>,
  { codec, size, sound, plain = false }: Expected,
): Promise<void> {
  const id = await until(
    'the publisher is connected',
    async () => {
      const session = (await server.sessions()).find(({ protocol }) => protocol === 'whip');
      return session?.state === 'connected' && session.id;
    },
    30_000,
  );
  await until('the camera is live', async () => (await server.camera(camera)).state === 'live');
  const viewer = await openElsewhere(t, await browser.newPage(), 'bare');
  await viewer.start(`${server.origin}/whep/${camera}`, server.token);
  await sees(viewer, plain ? 0 : undefined);
  // A browser sends less than its camera brings, in the same proportions, where its processor is busy.
  if (size) {
    const [width = 0, height = 0] = size.split('x').map(Number);
    const seen = await viewer.seen();
    t.ok(seen.width <= width && seen.width * height === seen.height * width, `${seen.width}x${seen.height} of ${size}`);
  }
  const now = await server.camera(camera);
  t.equal(now.publisher, id);
  if (codec) t.match(now.video, { codec });
  if (sound) {
    t.match(now.audio, { codec: 'OPUS' });
    await until('it is heard', async () => ((await viewer.seen()).heard ?? 0) > 0);
  }
  const [watching] = (await server.sessions()).filter(({ protocol }) => protocol === 'whep');
  await viewer.leave();
  await until('the viewer is gone', async () => (await server.sessions()).length === 1);
  await publisher.leave();
  await gone(t, server, watching?.id, 'client-delete');
  await gone(t, server, id, 'client-delete');
  await until('the camera waits for another', async () => (await server.camera(camera)).state === 'waiting');
  t.equal((await server.camera(camera)).publisher, null);
  await isBack();
}
