import type { Test } from 'tap';
import { resourcesOf, sleep, type TestServer, until } from './server.js';

/** What a person would have seen in a client so far. */
export interface Seen {
  frames: number;
  /** Frames that differ from the one before. */
  changes: number;
  /** Of the last frame: from its darkest to its brightest spot, 0 to 255; 0 is a black screen. */
  contrast: number;
  /** Pixels. */
  width: number;
  height: number;
  /** Energy of the sound so far, where a client can measure it; 0 is silence. */
  heard?: number;
}

export const NOTHING: Seen = { frames: 0, changes: 0, contrast: 0, width: 0, height: 0 };

/** A client that watches or publishes, wherever it runs. */
export interface Client {
  seen(): Promise<Seen>;
  /** Leaves in the client's own way. */
  leave(): Promise<unknown>;
}

const MIN_FRAMES = 30;
const CONTRAST = 40;

/** Waits until a client shows video that moves and, unless less contrast is asked for, is not of one colour. */
export async function sees(client: Pick<Client, 'seen'>, contrast = CONTRAST, timeoutMs = 30_000): Promise<Seen> {
  let last: Seen | undefined;
  try {
    return await until(
      'moving video',
      async () => {
        last = await client.seen();
        return last.frames >= MIN_FRAMES && last.changes >= last.frames / 2 && last.contrast >= contrast && last;
      },
      timeoutMs,
    );
  } catch (error) {
    throw new Error(`it saw ${JSON.stringify(last)}`, { cause: error });
  }
}

/**
 * What a camera's worker holds, to be compared with later. The camera is opened first, by offers without a peer, and
 * must stay open (limits.linger).
 * @param offer a viewer's; null for a camera that is published, where the first publication is what the others are
 *   compared with
 */
export async function footprint(
  server: TestServer,
  camera: string,
  offer: string | null,
): Promise<() => Promise<void>> {
  await until('the camera is ready', async () =>
    ['idle', 'waiting', 'live'].includes((await server.camera(camera)).state),
  );
  for (let i = 0; offer !== null && i < WARM_UPS; i++) {
    const headers = { 'Content-Type': 'application/sdp' };
    const response = await server.fetch(`/whep/${camera}`, { method: 'POST', headers, body: offer });
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
    await server.fetch(response.headers.get('Location') ?? '', { method: 'DELETE' });
  }
  const worker = server.worker(camera);
  let before = offer === null ? null : await settled(worker);
  return async () => {
    if (server.worker(camera) !== worker) throw new Error('the worker was replaced');
    before ??= await settled(worker);
    const { threads, fds } = before;
    let after = before;
    try {
      await until('threads and file descriptors are released', () => {
        after = resourcesOf(worker);
        return after.threads <= threads + SLACK.threads && after.fds <= fds + SLACK.fds;
      });
    } catch (error) {
      throw new Error(`before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`, { cause: error });
    }
  };
}

/** A process's resources once they have stayed the same for half a second. */
export async function settled(pid: number): Promise<ReturnType<typeof resourcesOf>> {
  let last = resourcesOf(pid);
  return await until('its resources are stable', async () => {
    await sleep(500);
    const now = resourcesOf(pid);
    const same = now.threads === last.threads && now.fds === last.fds;
    last = now;
    return same && now;
  });
}

const WARM_UPS = 4;
// Less than a viewer's threads (5 to 8). V8 collects the wrappers of the last two or three sessions later, and
// each holds 6 descriptors until then: so much the number fluctuates.
const SLACK = { threads: 3, fds: 24 };

/** The client sees video and leaves; its own DELETE ends the session, and the worker is as before. */
export async function visit(
  t: Test,
  server: TestServer,
  client: Client,
  { isBack, size }: { isBack: () => Promise<void>; size: string },
): Promise<void> {
  const began = performance.now();
  const seen = await sees(client);
  t.comment(`${seen.frames} frames, ${Math.round(performance.now() - began)} ms`);
  t.equal(`${seen.width}x${seen.height}`, size);
  const [session] = await server.sessions();
  t.equal(session?.state, 'connected');
  const left = performance.now();
  await client.leave();
  await expectEnded(t, server, session?.id, 'client-delete');
  const ended = performance.now();
  await isBack();
  t.comment(`ended after ${Math.round(ended - left)} ms, released after ${Math.round(performance.now() - ended)} ms`);
}

/** Asserts that a session ended for this reason and no other is left. */
export async function expectEnded(
  t: Test,
  server: TestServer,
  session: string | undefined,
  reason: string,
): Promise<void> {
  await until('no session is left', async () => (await server.sessions()).length === 0);
  const ended = (await server.sessions('ended')).find(({ id }) => id === session);
  t.equal(ended?.ended?.reason, reason, `why it ended: ${ended?.ended?.detail}`);
  t.strictSame(
    server.log.filter(line => /CRITICAL|GLib-|GStreamer-/.test(line)),
    [],
    'no warning of GLib or GStreamer',
  );
}

/** The requests that the server had so far, from its log: `POST /whep/:camera 201`. */
export function requests(server: TestServer): string[] {
  return server.log.flatMap(line => {
    if (!line.includes('"msg":"request"')) return [];
    const { method, path, status } = JSON.parse(line) as { method: string; path: string; status: number };
    return path.startsWith('/wh') ? [`${method} ${path} ${status}`] : [];
  });
}
