import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { WebSocketServer } from 'ws';
import { ReceiveFailure } from '../../src/receiver/failure.js';
import { LegacySignaling } from '../../src/receiver/legacy-signaling.js';
import { ask } from '../../src/receiver/request.js';
import { trust } from '../../src/receiver/trust.js';
import type { SelfSigned } from '../../src/server/tls/self-signed.js';
import { issued, selfSigned } from '../helpers/certificates.js';
import { failureOf } from '../helpers/fake-server.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const CAMERAS = {
  items: [{ id: 'front', name: 'Front', links: { whep: '/whep/front' }, settings: { overlay: 'none' } }],
};

/** A server that lists a camera, over https; closed with the test. */
async function serve(t: Test, pair: SelfSigned): Promise<URL> {
  const server = createServer(pair, (_, response) => response.end(JSON.stringify(CAMERAS)));
  const sockets = new WebSocketServer({ server });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    sockets.close();
    server.closeAllConnections();
    server.close();
  });
  return new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

const refused = (url: URL): Promise<ReceiveFailure> => failureOf(ReceiveFailure, ask(url, { token: null }));

/** The command with an unknown camera: to report that, it must have asked the server. */
function recv(cwd: string, url: URL, ...args: string[]): Promise<{ status: number | null; stderr: string }> {
  const { INIT_CWD: _, NODE_EXTRA_CA_CERTS: __, ...env } = process.env;
  return new Promise(resolve => {
    const words = [MAIN, 'recv', url.href, 'rear', ...args];
    const child = execFile(process.execPath, words, { cwd, env, timeout: 60_000 }, (_, __, stderr) =>
      resolve({ status: child.exitCode, stderr }),
    );
    child.stdin?.end();
  });
}

t.test('a self-signed certificate is rejected until it is named', async t => {
  const own = await selfSigned();
  const vouched = await issued();
  const [url, other] = [await serve(t, own), await serve(t, vouched)];
  for (const each of [url, other])
    t.match(await refused(each), { code: 'unreachable', words: /certificate of .* is not trusted.*--ca/ });

  const folder = t.testdir({ 'own.pem': own.cert, 'authority.pem': vouched.authority, 'none.pem': 'nonsense' });
  t.match(await recv(folder, url), { status: 69, stderr: /is not trusted.*--ca/ });
  t.match(await recv(folder, url, '--ca', 'own.pem'), { status: 66, stderr: /has no camera "rear".*It has front/ });
  t.match(await recv(folder, other, '--ca', 'authority.pem'), { status: 66, stderr: /has no camera "rear"/ });
  t.match(await recv(folder, other, '--ca', 'own.pem'), { status: 69, stderr: /is not trusted/ });
  t.match(await recv(folder, url, '--ca', 'none.pem'), {
    status: 66,
    stderr: /--ca none\.pem: not a PEM certificate/,
  });
  t.match(await recv(folder, url, '--ca', 'missing.pem'), { status: 66, stderr: /--ca missing\.pem: cannot be read/ });
  writeFileSync(join(folder, 'both.pem'), vouched.authority + own.cert);
  for (const each of [url, other])
    t.match(await recv(folder, each, '--ca', 'both.pem'), { status: 66, stderr: /rear/ });

  await trust(own.cert);
  t.match(JSON.parse((await ask(url, { token: null })).body), CAMERAS);
  t.match(await refused(other), { words: /is not trusted/ }, 'only one is trusted');
  const signaling = await LegacySignaling.connect(new URL(`wss://${url.host}`), null, () => undefined);
  signaling.close();
  await signaling.closed;
});

t.test('errors of a trusted certificate', async t => {
  const named = await selfSigned(0, ['robot.example.org']);
  const old = await selfSigned(1_000);
  const [url, ended] = [await serve(t, named), await serve(t, old)];
  await trust(named.cert + old.cert);
  t.match(await refused(url), { words: /certificate of 127\.0\.0\.1.*altnames.*certificate --host/ });
  t.match(await refused(ended), { words: /certificate has expired.*Renew it on the server/ });
});
