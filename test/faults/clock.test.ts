// The time of day jumps, as on a robot that sets its clock after the start: only timestamps are affected.
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Event } from '../../src/domain/contract.js';
import { emptyPage, launchChromium, openViewers } from '../helpers/browser.js';
import { listenTo } from '../helpers/live-events.js';
import { startServerUnder, until } from '../helpers/server.js';

const LIBRARY = findLibrary();
const DAY_S = 86_400;
const JUMPS = [DAY_S, -2 * DAY_S, 0];
/** Requests of a minute. */
const REQUESTS = 5;
/** ms; a jump is 86 million. */
const OLD = 60_000;

t.test(
  'the clock jumps forwards and back: sessions continue, ages stay, and nobody is locked out',
  { skip: LIBRARY === null ? 'libfaketime is not installed' : false },
  async t => {
    const folder = t.testdir({
      now: '+0\n',
      'config.yaml': `limits: { requestsPerMinute: ${REQUESTS}, wrongTokensPerMinute: ${REQUESTS} }\ncameras: { a: { source: test } }\n`,
    });
    const jump = (seconds: number): void => {
      writeFileSync(join(folder, 'next'), `${seconds < 0 ? '' : '+'}${seconds}\n`);
      renameSync(join(folder, 'next'), join(folder, 'now'));
    };
    const server = await startServerUnder(
      [
        'env',
        `LD_PRELOAD=${LIBRARY}`,
        `FAKETIME_TIMESTAMP_FILE=${join(folder, 'now')}`,
        'FAKETIME_NO_CACHE=1',
        'FAKETIME_DONT_FAKE_MONOTONIC=1',
      ],
      '--config',
      join(folder, 'config.yaml'),
    );
    t.teardown(() => server.close());
    const browser = await launchChromium();
    t.teardown(() => browser.close());
    const viewers = await openViewers(await emptyPage(browser, server), server, 'a', 1);
    const decoded = async (): Promise<number> => (await viewers.stats())[0]?.framesDecoded ?? 0;
    await until('it plays', async () => (await decoded()) > 5);
    const sessions = async (): Promise<string[]> => (await server.sessions()).map(({ id }) => id);
    const [before, date] = [await sessions(), await serverTime(server.origin)];

    const bad = (token: string): Promise<Response> =>
      fetch(`${server.origin}/api/v1/cameras`, { headers: { Authorization: `Bearer ${token}` } });
    const post = (): Promise<Response> =>
      server.fetch('/api/v1/cameras', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' });
    for (let i = 0; i < REQUESTS + 1; i++) {
      await post();
      await bad(`a-wrong-token-${i}`);
    }

    const events = await listenTo(t, `${server.origin}/api/v1/events?freshness=100`, {
      authorization: `Bearer ${server.token}`,
    });
    const ages: number[] = [];
    events.socket.on('message', text => {
      const event = JSON.parse(String(text)) as Event;
      if (event.type === 'freshness') for (const { ageMs } of event.cameras) if (ageMs !== null) ages.push(ageMs);
    });
    for (const seconds of JUMPS) {
      jump(seconds);
      const now = await until('the server has jumped', async () => {
        const time = await serverTime(server.origin);
        return Math.abs(time - date - seconds * 1000) < OLD * 5 && time;
      });
      t.comment(`it is ${new Date(now).toISOString()} for the server`);
      const [frames, reports] = [await decoded(), ages.length];
      await until('the video continues', async () => (await decoded()) > frames + 30, OLD);
      await until('ages are reported', () => ages.length > reports + 5, OLD);
      for (const limited of [await post(), await bad('another-wrong-token')]) {
        t.equal(limited.status, 429);
        const wait = Number(limited.headers.get('Retry-After'));
        t.ok(wait > 0 && wait <= 60, `for at most a minute: ${wait} s`);
      }
      t.equal((await bad(server.token)).status, 200, 'the right token is accepted');
    }
    events.socket.removeAllListeners('message');
    t.ok(
      Math.min(...ages) >= 0 && Math.max(...ages) < OLD,
      `ages from ${Math.min(...ages)} to ${Math.max(...ages)} ms`,
    );
    t.strictSame(await sessions(), before, 'in the same session');
    t.equal((await server.camera('a')).restarts, 0, 'and process');
  },
);

/** ms of the server's time of day, as it dates its answers. */
async function serverTime(origin: string): Promise<number> {
  return Date.parse((await fetch(`${origin}/healthz`)).headers.get('Date') ?? '');
}

/** Where Debian and Ubuntu put it. */
function findLibrary(): string | null {
  for (const folder of readdirSync('/usr/lib').map(name => `/usr/lib/${name}/faketime`))
    try {
      if (readdirSync(folder).includes('libfaketimeMT.so.1')) return `${folder}/libfaketimeMT.so.1`;
    } catch {
      // There is none for that machine.
    }
  return null;
}
