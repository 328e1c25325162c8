import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { startServer, type TestServer } from './server.js';

const BALLS = [
  'videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=480,framerate=15/1',
  'videotestsrc is-live=true pattern=ball motion=hsweep ! video/x-raw,width=640,height=480,framerate=15/1',
];

/** A robot with two cameras, each a white ball moving on black. */
export async function startRobot(t: Test): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-recv-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, 'config.yaml');
  const cameras = BALLS.map((line, i) => `  cam${i}: { name: 'Camera <${i}> & co', source: "gst:${line}" }\n`);
  writeFileSync(config, `cameras:\n${cameras.join('')}`);
  const server = await startServer('--config', config);
  t.teardown(() => server.close());
  return server;
}
