// `recv` where the network loses packets: they are sent anew, in time.
import t from 'tap';
import { startLossyPath } from '../helpers/lossy-path.js';
import { startRecv } from '../helpers/recv.js';
import { startServer } from '../helpers/server.js';

/** Packets with video in them; ICE, DTLS and reports are smaller. */
const VIDEO = 300;
const EVERY = 12;

t.test(`one packet in ${EVERY} is lost: the picture goes on, and no keyframe is needed`, async t => {
  const server = await startServer('--camera', 'cam=test');
  t.teardown(() => server.close());
  let packets = 0;
  const path = await startLossyPath(t, server.origin, size => size > VIDEO && ++packets % EVERY === 0);
  const recv = startRecv(t, [path.origin, '--headless'], { token: server.token });
  await recv.heard('figures', 'cam', 7);
  const { lost } = path.counts();
  const { fps, keyframeRequests, frames } = recv.figures('cam');
  t.comment(`${lost} packets lost, ${keyframeRequests} keyframes asked for, ${frames} pictures`);
  t.ok(lost > 20, `${lost} packets were lost`);
  t.ok(Number(fps) > 15, `${fps} fps`);
  t.ok(Number(keyframeRequests) < lost / 3, `${keyframeRequests} keyframes were asked for`);
  t.equal(recv.events.filter(({ event }) => event === 'down').length, 0, 'the session stood');
  t.equal(await recv.stop(), 0);
});
