import t from 'tap';
import { SYSTEM, testApp } from '../helpers/app.js';
import { breaches, problemBreaches } from '../helpers/contract.js';

const stats = {
  bitrate: 998_000,
  bytes: 2_000,
  packetsSent: 281,
  packetsReceived: 0,
  packetsLost: 3,
  lossPercent: 0.4,
  jitterMs: 1.5,
  roundTripMs: 2.4,
  keyframeRequests: 1,
  retransmitted: 0,
};

t.test('cameras follow the contract, with every known detail', async t => {
  const { ask, cameras, offer } = await testApp(t);
  const statuses = [
    {
      state: 'live',
      encoder: 'x264enc',
      passthrough: { active: false, reason: 'raw' },
      fps: 29.9,
      bitrate: 998_123,
      video: { codec: 'H264', width: 640, height: 480, profileLevelId: '42c01e' },
      restarts: 2,
      audio: null,
      renditions: [] as never[],
      publisher: null,
      notices: [] as never[],
      lostSince: null,
      device: null,
      capture: null,
    },
    {
      state: 'failed',
      problem: { detail: 'unplugged', remedy: 'plug it in' },
      encoder: null,
      passthrough: { active: false, reason: 'raw' },
      fps: 0,
      bitrate: 0,
      video: { codec: 'H264', width: null, height: null, profileLevelId: null },
      restarts: 0,
      audio: null,
      renditions: [] as never[],
      publisher: null,
      notices: [] as never[],
      lostSince: null,
      device: null,
      capture: null,
    },
    {
      state: 'down',
      problem: { detail: 'it died' },
      encoder: null,
      passthrough: { active: true, reason: 'as it is' },
      fps: 0,
      bitrate: 0,
      video: null,
      restarts: 1,
      audio: null,
      renditions: [] as never[],
      publisher: null,
      notices: [] as never[],
      lostSince: null,
      device: null,
      capture: null,
    },
  ] as const;
  await offer('road');
  for (const status of statuses) {
    cameras.update('road', status);
    const one = await ask('GET', '/api/v1/cameras/road');
    t.strictSame(breaches('getCamera', one), [], status.state);
    t.strictSame(one.json(), JSON.parse(JSON.stringify(cameras.get('road'))), 'nothing is lost on the way');
    t.match(one.json(), { viewers: 1, source: 'rtsp://u:***@192.0.2.7/s' });
    const all = await ask('GET', '/api/v1/cameras');
    t.strictSame(breaches('listCameras', all), []);
    t.strictSame(all.json().items, JSON.parse(JSON.stringify(cameras.list())));
    t.notMatch(all.body, 'secret');
  }
});

t.test('sessions, from start to end', async t => {
  const { ask, offer, sessions } = await testApp(t);
  await offer('road', { headers: { 'user-agent': 'x'.repeat(5_000) } });
  const list = async (query = ''): Promise<{ id: string; state: string }[]> => {
    const response = await ask('GET', `/api/v1/sessions${query}`);
    t.strictSame(breaches('listSessions', response), [], query);
    return response.json().items;
  };
  const [{ id, ...shown } = { id: '' }] = await list();
  t.match(shown, {
    camera: 'road',
    state: 'connecting',
    client: { address: '127.0.0.1', userAgent: 'x'.repeat(200) },
    stats: null,
  });
  sessions.connected(id);
  sessions.measured(id, stats);
  const one = await ask('GET', `/api/v1/sessions/${id}`);
  t.strictSame(breaches('getSession', one), []);
  t.match(one.json(), { state: 'connected', stats });

  const deleted = await ask('DELETE', `/api/v1/sessions/${id}`);
  t.equal(deleted.statusCode, 204);
  t.equal(deleted.body, '');
  const gone = await ask('GET', `/api/v1/sessions/${id}`);
  t.strictSame(breaches('getSession', gone), []);
  t.match(gone.json(), { state: 'ended', ended: { reason: 'api-delete', detail: null } });
  t.strictSame(problemBreaches(await ask('DELETE', `/api/v1/sessions/${id}`), 404, 'unknown-session'), []);
  t.strictSame(
    [(await list()).length, (await list('?state=ended')).length, (await list('?state=all')).length],
    [0, 1, 1],
  );
  t.strictSame([(await list('?state=all&camera=road')).length, (await list('?state=all&camera=arm')).length], [1, 0]);
});

t.test('the system', async t => {
  const { ask } = await testApp(t);
  const response = await ask('GET', '/api/v1/system');
  t.strictSame(breaches('getSystem', response), []);
  t.strictSame(response.json(), SYSTEM);
});

t.test('the monotonic clock', async t => {
  const { ask } = await testApp(t);
  const before = process.hrtime.bigint();
  const response = await ask('GET', '/api/v1/clock');
  const after = process.hrtime.bigint();
  t.strictSame(breaches('getClock', response), []);
  t.equal(response.headers['cache-control'], 'no-store');
  const shown = BigInt(response.json().monotonic);
  t.ok(before <= shown && shown <= after);
});

t.test('HEAD is GET without a body', async t => {
  const { ask } = await testApp(t);
  for (const url of ['/api/v1/cameras', '/api/v1/system', '/healthz']) {
    const response = await ask('HEAD', url);
    t.equal(response.statusCode, 200, url);
    t.equal(response.body, '');
  }
});
