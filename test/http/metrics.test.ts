import t from 'tap';
import { NOT_STARTED } from '../../src/domain/cameras.js';
import { TOKEN, testApp } from '../helpers/app.js';
import { breaches } from '../helpers/contract.js';
import { bearer, issue } from '../helpers/tokens.js';

const STREAM = { captured: 9, encoded: 8, sent: 7, keyframes: 1, thinned: 2, overrun: 3, delayMs: 5, encodeMs: 2 };

t.test('a token sees the metrics of its own cameras and their sessions, and the common ones', async t => {
  const arm = issue('arm', { role: 'view', cameras: ['arm'] });
  const { app, cameras, engine, offer, sessions, ask } = await testApp(t, 5, { access: { tokens: [arm.entry] } });
  cameras.update('road', { ...NOT_STARTED, state: 'live', fps: 30, bitrate: 8_000 });
  cameras.update('arm', { ...NOT_STARTED, state: 'lost', restarts: 2 });
  engine.measures.set('arm', {
    process: { cpuSeconds: 1.5, residentBytes: 1_000, fds: 3, threads: 4, loopLagMs: null },
    stream: STREAM,
  });
  engine.ages.set('arm', { ageMs: 1_500, sessions: new Map([['s-1', { movedMs: 20, heardMs: null }]]) });
  await offer('arm');
  await offer('road');
  const shown = async (token: string) => {
    const response = await app.inject({ url: '/metrics', headers: bearer(token) });
    t.strictSame(breaches('getMetrics', response), []);
    t.equal(response.headers['cache-control'], 'no-store');
    return response.body;
  };
  const own = await shown(arm.token);
  for (const line of [
    'bigfootbot_camera_state{camera="arm",state="lost"} 1',
    'bigfootbot_camera_frame_age_seconds{camera="arm"} 1.5',
    'bigfootbot_camera_frame_delay_seconds{camera="arm"} 0.005',
    'bigfootbot_camera_encode_seconds{camera="arm"} 0.002',
    'bigfootbot_camera_worker_restarts_total{camera="arm"} 2',
    'bigfootbot_camera_dropped_frames_total{camera="arm",reason="queue_overflow"} 3',
    'bigfootbot_camera_dropped_frames_total{camera="arm",reason="rate_limited"} 2',
    'bigfootbot_process_cpu_seconds_total{process="camera",camera="arm"} 1.5',
    'bigfootbot_session_connected{session="s-1",camera="arm",protocol="whep"} 0',
    'bigfootbot_session_idle_seconds{session="s-1",camera="arm",protocol="whep"} 0.02',
    'bigfootbot_session_answer_seconds_count{protocol="whep"} 2',
  ])
    t.ok(own.split('\n').includes(line), line);
  t.notMatch(own, 'road');
  t.notMatch(own, 'bigfootbot_session_silence_seconds{', 'unknown values are left out');
  t.notMatch(own, /process="camera",camera="arm"\} NaN/);
  const all = await shown(TOKEN);
  t.match(all, 'bigfootbot_camera_video_bytes_per_second{camera="road"} 1000');
  t.match(all, 'session="s-2"');

  sessions.endById('s-1');
  const after = await shown(TOKEN);
  t.notMatch(after, 'session="s-1"');
  t.match(after, 'bigfootbot_sessions_closed_total{protocol="whep",reason="api-delete"} 1');
  t.equal((await ask('GET', '/metrics?token=x')).statusCode, 200, 'the header counts');
});
