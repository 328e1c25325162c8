// `recv` with packet loss: packets are retransmitted in time.
import t from 'tap';
import { smallCameras } from '../helpers/frames.js';
import { startLossyPath } from '../helpers/lossy-path.js';
import { startRecv } from '../helpers/recv.js';
import { startServer, until } from '../helpers/server.js';

const LOST = 20;
/** Packets with video in them; ICE, DTLS and reports are smaller. */
const VIDEO = 300;
const EVERY = 12;
/** On a busy machine retransmissions are late. */
const JITTER_MS = 500;

t.test(`one packet in ${EVERY} is lost: the video continues, and no keyframe is needed`, async t => {
  const server = await startServer(...smallCameras(t, 'cam'));
  t.teardown(() => server.close());
  let packets = 0;
  const path = await startLossyPath(t, server.origin, size => size > VIDEO && ++packets % EVERY === 0);
  const recv = startRecv(t, [path.origin, '--headless', '--jitter-ms', String(JITTER_MS)], { token: server.token });
  await until('packets are lost', () => path.counts().lost > LOST);
  await recv.heard('figures', 'cam', recv.events.filter(({ event }) => event === 'figures').length + 2);
  const { lost } = path.counts();
  const { fps, keyframeRequests, frames } = recv.figures('cam');
  t.comment(`${lost} packets lost, ${keyframeRequests} keyframes requested, ${frames} frames`);
  t.ok(Number(fps) > 3, `${fps} fps`);
  t.ok(Number(keyframeRequests) < lost / 3, `${keyframeRequests} keyframes were requested`);
  t.equal(recv.events.filter(({ event }) => event === 'down').length, 0, 'the session stayed up');
  t.equal(await recv.stop(), 0);
});
