// The name service and a STUN server do not answer: nothing waits for them.
import { createSocket } from 'node:dgram';
import t, { type Test } from 'tap';
import type { System } from '../../src/domain/contract.js';
import { median } from '../helpers/browser.js';
import { readOffer } from '../helpers/fixtures.js';
import { noMounts, withFile } from '../helpers/mount-space.js';
import { startServer, startServerUnder, type TestServer, until } from '../helpers/server.js';
import { udpStunServer } from '../helpers/stun-server.js';

const OFFER = readOffer('chromium-156');
const ASKED = 5;
/** ms: the minimum timeout of a look-up (src/server/ice/resolve.ts). */
const LOOKUP_MS = 3_000;

/** A name service that receives queries and answers none; null if it may not listen. */
async function silentNameService(t: Test): Promise<{ address: string; asked: () => number } | null> {
  // Our own loopback address: the usual ones may be in use.
  const address = `127.${(process.pid >> 8) & 127}.${process.pid & 255}.53`;
  const socket = createSocket('udp4');
  let asked = 0;
  socket.on('message', () => {
    asked++;
  });
  t.teardown(() => socket.close());
  const isBound = new Promise<boolean>(resolve => {
    socket.once('error', () => resolve(false));
    socket.bind(53, address, () => resolve(true));
  });
  return (await isBound) ? { address, asked: () => asked } : null;
}

/** The duration of each answer in ms. */
async function answers(t: Test, server: TestServer): Promise<number[]> {
  await until('it is ready', async () => (await server.camera('cam')).state === 'idle');
  const times: number[] = [];
  for (let i = 0; i < ASKED; i++) {
    const began = performance.now();
    const headers = { 'Content-Type': 'application/sdp' };
    const answer = await server.fetch('/whep/cam', { method: 'POST', headers, body: OFFER });
    times.push(performance.now() - began);
    t.equal(answer.status, 201);
    await server.fetch(answer.headers.get('Location') ?? '', { method: 'DELETE' });
  }
  return times;
}

const configOf = (ice: object): string => JSON.stringify({ cameras: { cam: { source: 'test' } }, ice });

t.test('without both, answers take no longer than usual', { skip: noMounts }, async t => {
  const names = await silentNameService(t);
  if (!names) {
    t.pass('not tried here', { skip: 'this user may not listen on port 53' });
    return;
  }
  const stun = await udpStunServer(t, () => null);
  const folder = t.testdir({
    'resolv.conf': `nameserver ${names.address}\n`,
    'plain.yaml': configOf({ servers: [] }),
    'silent.yaml': configOf({
      servers: [
        { urls: [`stun:127.0.0.1:${stun.url.port}`] },
        { urls: ['turn:turn.robot.example?transport=udp'], secret: 'a-secret-of-a-test' },
      ],
      announce: ['robot.example'],
    }),
  });
  const plain = await startServer('--config', `${folder}/plain.yaml`);
  t.teardown(() => plain.close());
  const without = await answers(t, plain);
  const silent = await startServerUnder(
    withFile('/etc/resolv.conf', `${folder}/resolv.conf`),
    '--config',
    `${folder}/silent.yaml`,
  );
  t.teardown(() => silent.close());
  const first = await answers(t, silent);
  const { ice } = await until(
    'it is known that none answers',
    async () => {
      const system = (await (await silent.fetch('/api/v1/system')).json()) as System;
      const isKnown = system.ice.servers.every(({ reachable }) => reachable === false) && system.ice.announce[0]?.error;
      return isKnown ? system : null;
    },
    60_000,
  );
  t.match(ice, { servers: [{ error: /no answer/ }, { error: /DNS|no answer/ }], announce: [{ error: /DNS/ }] });
  t.ok(names.asked() > 0 && stun.asked > 0, 'both were asked');
  const later = await answers(t, silent);
  t.comment(`medians: ${[without, first, later].map(times => `${Math.round(median(times))} ms`).join(', ')}`);
  // Waiting for a look-up would delay each offer.
  for (const times of [first, later]) t.ok(Math.min(...times) < LOOKUP_MS, `${times.map(Math.round).join(' ')} ms`);
});
