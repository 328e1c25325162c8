// The age of frames when they are decoded, on one machine: the server and `recv`, and two bare webrtcbins.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CaptureLatency } from '../src/protocol/capture-latency.js';
import { type Percentiles, SlidingPercentiles } from '../src/protocol/percentiles.js';
import { startRecv } from '../test/helpers/recv.js';
import { startServer } from '../test/helpers/server.js';

/** For a test camera of 640x480 at 30 fps, x264 at 1 Mbit/s, without a window, as `recv` itself reports. */
export async function recvLatency(seconds: number, ...more: string[]): Promise<CaptureLatency> {
  const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-bench-'));
  const config = join(folder, 'config.yaml');
  writeFileSync(config, 'cameras:\n  cam: { source: test, overlay: timemark }\n');
  const server = await startServer('--config', config, '--log-level', 'warn');
  const ends: (() => Promise<unknown>)[] = [];
  try {
    const recv = startRecv(
      { teardown: end => void ends.push(end) },
      [server.origin, '--headless', '--measure-latency', '--duration', String(seconds), ...more],
      { token: server.token },
    );
    await recv.exited;
    const { latency } = await recv.heard('summary', 'cam');
    if (!latency) throw new Error(`no mark was read: ${recv.stderr.join('\n')}`);
    return latency as CaptureLatency;
  } finally {
    for (const end of ends) await end();
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

/** See latency-baseline.ts. */
export async function baselineLatency(seconds: number): Promise<Percentiles> {
  const program = fileURLToPath(new URL('./latency-baseline.js', import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', program, String(seconds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const chunk of child.stdout) text += String(chunk);
  const values = JSON.parse(text) as number[];
  const window = new SlidingPercentiles(Math.max(1, values.length));
  for (const value of values) window.add(value);
  const found = window.read();
  if (!found) throw new Error('the baseline measured nothing');
  return found;
}
