import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseIceUrl } from '../../src/protocol/ice-url.js';
import { probeServer } from '../../src/server/ice/probe.js';
import { freePort } from './free-port.js';
import { until } from './server.js';

/** Why there is no TURN server to test with; false if there is. */
export const noCoturn: string | false =
  spawnSync('turnserver', ['--version']).error === undefined ? false : 'there is no turnserver: install coturn';

/** A real coturn on loopback. */
export interface Coturn {
  port: number;
  /** Lines of its log so far: allocations and refusals. */
  log: string[];
  /** Stops answering, as if the network to it were cut. */
  freeze(): void;
  thaw(): void;
}

/**
 * Starts coturn; it ends with the test.
 * @param access options that set who may use it: `--use-auth-secret …`, or `--lt-cred-mech --user=…`
 */
export async function startCoturn(
  t: { teardown(close: () => Promise<void>): void },
  ...access: string[]
): Promise<Coturn> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'bigfootbot-coturn-'));
  const child = spawn(
    'turnserver',
    [
      // Without -n it would read a configuration file of this machine.
      ...(access.includes('-c') ? [] : ['-n']),
      ...['--listening-ip=127.0.0.1', `--listening-port=${port}`, '--relay-ip=127.0.0.1', '--allow-loopback-peers'],
      ...['--realm=robot.test', '--fingerprint', '--no-cli', '--no-tls', '--no-dtls', '--verbose', '--log-file=stdout'],
      ...['--simple-log', '--pidfile=/dev/null', `--userdb=${folder}/turndb`, ...access],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const log: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => log.push(...chunk.toString().split('\n')));
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()));
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  });
  const urls = ['udp', 'tcp'].map(transport => parseIceUrl(`turn:127.0.0.1:${port}?transport=${transport}`));
  try {
    await until('coturn answers', () =>
      Promise.all(urls.map(url => probeServer(url))).catch(error => {
        if (child.exitCode !== null) throw error;
      }),
    );
  } catch (error) {
    throw new Error(`${error}\n${log.join('\n')}`);
  }
  return { port, log, freeze: () => child.kill('SIGSTOP'), thaw: () => child.kill('SIGCONT') };
}
