import t from 'tap';
import { offer } from '../helpers/offer.js';
import { settled } from '../helpers/seen.js';
import { lingering, resourcesOf, until } from '../helpers/server.js';

const SESSIONS = 10;
/** GLib opens one for the whole process, at its first session. */
const SLACK = 2;

t.test('sessions that have ended hold no port', async t => {
  const server = await lingering(t, '--camera', 't=test');
  await until('the camera is ready', async () => (await server.camera('t')).state === 'idle');
  const worker = server.worker('t');
  // An open camera has its own sockets, for its pipelines' messages.
  t.equal((await server.fetch('/api/v1/cameras/t/snapshot.jpg')).status, 200);
  const before = await settled(worker);
  for (let i = 0; i < SESSIONS; i++) {
    const headers = { 'Content-Type': 'application/sdp' };
    const response = await server.fetch('/whep/t', { method: 'POST', headers, body: offer });
    t.equal(response.status, 201);
    await server.fetch(response.headers.get('Location') ?? '', { method: 'DELETE' });
  }
  let sockets = 0;
  try {
    await until(
      'their sockets are closed',
      () => {
        sockets = resourcesOf(worker).sockets;
        return sockets <= before.sockets + SLACK;
      },
      20_000,
    );
  } catch (error) {
    throw new Error(`${before.sockets} before, ${sockets} after`, { cause: error });
  }
});
