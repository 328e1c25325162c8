import type { Browser } from 'playwright-core';
import type { Test } from 'tap';
import { openElsewhere } from './client-page.js';
import { type Client, expectEnded, sees } from './seen.js';
import { type TestServer, until } from './server.js';

/** Where the publisher publishes, and what watches it. */
export interface Stage {
  server: TestServer;
  /** A camera of source `whip`. */
  camera: string;
  /** The viewer's browser. */
  browser: Browser;
  /** See footprint. */
  isBack(): Promise<void>;
}

interface Expected {
  /** Of the published video, as in SDP; left out where the publisher offers many. */
  codec?: string;
  /** `320x240`; left out, the browser that publishes chooses it by its bitrate. */
  size?: string;
  /** Whether its frames change but are each of one colour, as those of Firefox's fake camera. */
  plain?: boolean;
  /** Whether it has audible sound; left out, this is not checked. */
  sound?: boolean;
}

/**
 * A publisher has started: a viewer in Chromium sees its video move, both leave, and nothing of either is left.
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
  // A browser with a busy CPU scales its camera's video down, in the same proportions.
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
  await expectEnded(t, server, watching?.id, 'client-delete');
  await expectEnded(t, server, id, 'client-delete');
  await until('the camera waits for another publisher', async () => (await server.camera(camera)).state === 'waiting');
  t.equal((await server.camera(camera)).publisher, null);
  await isBack();
}
