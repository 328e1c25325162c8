import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** An RTSP camera in its own process, `rtsp://127.0.0.1:PORT/live`; killed with the test. @param port 0 takes any */
export async function rtspCamera(
  t: { teardown(close: () => void): void },
  port: number,
  profile: string,
  interval: number,
): Promise<{ port: number; kill(): void; pause(): void; go(): void }> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./rtsp-camera.js', import.meta.url)), String(port), profile, String(interval)],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  t.teardown(() => child.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return {
    port: Number(line),
    kill: () => child.kill('SIGKILL'),
    // It stops sending without closing, as a camera whose network is down.
    pause: () => child.kill('SIGSTOP'),
    go: () => child.kill('SIGCONT'),
  };
}
