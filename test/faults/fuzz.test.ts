import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import type { Problem } from '../../src/domain/contract.js';
import { MAX_FRAGMENT } from '../../src/protocol/sdp-fragment.js';
import { emptyPage, launchChromium, openViewers, type Viewers } from '../helpers/browser.js';
import { readFragment, withCredentials } from '../helpers/fragments.js';
import { changed, changes, mutatedOffer } from '../helpers/mutated-offer.js';
import { publish } from '../helpers/publisher.js';
import { startServer, type TestServer, until } from '../helpers/server.js';
import { strangeAnswerLines } from '../helpers/written-sdp.js';

/** A new one in each run, so that much is tried over time; `FUZZ_SEED=… npx tap …` tries the same texts again. */
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 0x7fffffff));
const OFFERS = { watch: 300, publish: 200 };
const FRAGMENTS = 300;
/** Concurrent sessions of one sender: the limits of viewers and ports are tested elsewhere. */
const KEPT = 6;
const MAX_ANSWER = 8_192;
// 409 is a publisher that was taken over while it was answered, 413 a text longer in bytes than in characters.
const TO_OFFERS = [201, 409, 413, 422];
const TO_FRAGMENTS = [204, 404, 413, 422];

const offers = fc.sample(mutatedOffer, { seed: SEED, numRuns: 3 * (OFFERS.watch + OFFERS.publish) });
const fragments = fc.sample(
  fc.record({
    client: fc.constantFrom(
      ...readdirSync(new URL('../../../test/fixtures/fragments', import.meta.url))
        .filter(name => name.endsWith('.sdpfrag'))
        .map(name => name.slice(0, -'.sdpfrag'.length)),
    ),
    changes,
  }),
  { seed: SEED, numRuns: FRAGMENTS },
);

interface ChangedFragment {
  client: string;
  changes: Parameters<typeof changed>[1];
}

interface Living {
  location: string;
  offer: string;
}

/** Answers by status, and the wrong ones. */
interface Found {
  offers: Record<number, number>;
  fragments: Record<number, number>;
  faults: string[];
}

t.test(`malformed offers and fragments affect only their sender (seed ${SEED})`, async t => {
  const config = join(t.testdir({ 'config.yaml': 'limits: { requestsPerMinute: 1000000 }\n' }), 'config.yaml');
  const server = await startServer('--config', config, '--camera', 't=test', '--camera', 'phone=whip');
  const browser = await launchChromium();
  t.teardown(async () => {
    await browser.close();
    await server.close();
  });
  const healthy = await openViewers(await emptyPage(browser, server), server, 't', 1);
  await until('the healthy viewer sees', async () => (await framesOf(healthy)) > 10);
  const [session] = await server.sessions();
  const workers = ['t', 'phone'].map(camera => server.worker(camera));
  const found: Found = { offers: {}, fragments: {}, faults: [] };

  const watch = offers.filter(({ purpose }) => purpose === 'watch').slice(0, OFFERS.watch);
  const send = offers.filter(({ purpose }) => purpose === 'publish').slice(0, OFFERS.publish);
  t.strictSame([watch.length, send.length], [OFFERS.watch, OFFERS.publish], 'the expected number');
  const texts = fragments.values();
  const attacks = [
    attack(server, '/whep/t', watch.slice(0, watch.length / 2), texts, found),
    attack(server, '/whep/t', watch.slice(watch.length / 2), texts, found),
    attack(server, '/whip/phone?takeover=true', send, texts, found),
  ];
  const gap = await longestGap(healthy, Promise.all(attacks));
  t.comment(`to offers ${JSON.stringify(found.offers)}, to fragments ${JSON.stringify(found.fragments)}`);
  t.comment(`the healthy viewer's longest time without a new frame: ${Math.round(gap)} ms`);
  t.strictSame(found.faults, [], `everything was answered as it should be (FUZZ_SEED=${SEED})`);
  t.ok((found.offers[201] ?? 0) > 25, 'enough offers were accepted to be significant');
  t.ok((found.fragments[204] ?? 0) > 25, 'enough fragments were accepted to be significant');

  t.strictSame(
    ['t', 'phone'].map(camera => server.worker(camera)),
    workers,
    'no worker exited',
  );
  t.match(await server.camera('t'), { restarts: 0, state: 'live' });
  t.match(await server.camera('phone'), { restarts: 0 });
  t.equal((await healthy.stats())[0]?.state, 'connected');
  t.match(
    (await server.sessions()).find(({ id }) => id === session?.id),
    { state: 'connected' },
    'it is the same session',
  );
  await until('sessions without a peer have ended', async () => (await server.sessions()).length === 1, 30_000);

  const publication = await publish(await emptyPage(browser, server), server, 'phone');
  t.equal(publication.status, 201, `a healthy publisher is accepted: ${publication.body.slice(0, 200)}`);
  await until('it is live', async () => (await server.camera('phone')).state === 'live', 20_000);
  for (const camera of ['t', 'phone']) {
    const another = await openViewers(await emptyPage(browser, server), server, camera, 1);
    await until(`another viewer of ${camera} sees`, async () => (await framesOf(another)) > 10, 20_000);
    await another.leave();
  }
  await publication.leave();
  await healthy.leave();
  await until('no session is left', async () => (await server.sessions()).length === 0);
  const complaints = server.log.filter(line => /CRITICAL|GLib-|GStreamer-|assert|"level":[56]0/i.test(line));
  t.strictSame(complaints.slice(0, 10), [], `no warning was logged (FUZZ_SEED=${SEED})`);
});

/** Sends offers one after the other, and fragments to the sessions that they make. */
async function attack(
  server: TestServer,
  endpoint: string,
  offers: readonly { text: string; from: unknown }[],
  fragments: Iterator<ChangedFragment>,
  found: Found,
): Promise<void> {
  const living: Living[] = [];
  let ended = 0;
  for (const [index, { text, from }] of offers.entries()) {
    const response = await server.fetch(endpoint, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp' },
      body: text,
    });
    const body = await response.text();
    count(found.offers, response.status);
    const faults = faultsOf(response, body, TO_OFFERS);
    if (response.status === 201) {
      living.unshift({ location: response.headers.get('Location') ?? '', offer: text });
      if (body.length >= MAX_ANSWER) faults.push(`an answer of ${body.length} characters`);
      faults.push(...strangeAnswerLines(body));
    }
    if (faults.length > 0) found.faults.push(`${endpoint} ${JSON.stringify({ faults, from }).slice(0, 3_000)}`);
    const [latest] = living;
    if (latest) await trickle(server, latest, fragments, found);
    if (living.length <= KEPT && index < offers.length - 1) continue;
    for (const { location } of living.splice(index < offers.length - 1 ? KEPT / 2 : 0)) {
      // Some are left to time out by themselves.
      if (++ended % 6 !== 0) await server.fetch(location, { method: 'DELETE' });
    }
  }
}

async function trickle(
  server: TestServer,
  { location, offer }: Living,
  fragments: Iterator<ChangedFragment>,
  found: Found,
): Promise<void> {
  for (let i = 0; i < 2; i++) {
    const next = fragments.next();
    if (next.done) return;
    const { client, changes } = next.value;
    const response = await server.fetch(location, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/trickle-ice-sdpfrag' },
      body: changed(withCredentials(readFragment(client), offer), changes, MAX_FRAGMENT),
    });
    count(found.fragments, response.status);
    const faults = faultsOf(response, await response.text(), TO_FRAGMENTS);
    if (faults.length > 0) found.faults.push(`PATCH ${JSON.stringify({ faults, client, changes }).slice(0, 3_000)}`);
  }
}

function faultsOf(response: Response, body: string, expected: readonly number[]): string[] {
  if (!expected.includes(response.status)) return [`status ${response.status}: ${body.slice(0, 300)}`];
  if (response.status < 400) return [];
  const type = response.headers.get('Content-Type') ?? '';
  if (!type.startsWith('application/problem+json')) return [`an error of type ${type}`];
  const { status, code, detail } = JSON.parse(body) as Problem;
  return status === response.status && code && detail ? [] : [`no problem document: ${body.slice(0, 300)}`];
}

function count(counts: Record<number, number>, status: number): void {
  counts[status] = (counts[status] ?? 0) + 1;
}

/**
 * Milliseconds, at the resolution of continuous polling.
 * @throws Error if no frame comes for a while
 */
async function longestGap(viewers: Viewers, during: Promise<unknown>): Promise<number> {
  let over = false;
  const done = during.finally(() => {
    over = true;
  });
  done.catch(() => undefined);
  let longest = 0;
  while (!over) {
    const since = performance.now();
    const before = await framesOf(viewers);
    await until('another frame', async () => (await framesOf(viewers)) > before);
    longest = Math.max(longest, performance.now() - since);
  }
  await done;
  return longest;
}

async function framesOf(viewers: Viewers): Promise<number> {
  return (await viewers.stats())[0]?.framesDecoded ?? 0;
}
