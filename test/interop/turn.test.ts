import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import t from 'tap';
import type { System } from '../../src/domain/contract.js';
import type { IceServerPlan } from '../../src/domain/ice.js';
import { parseIceUrl } from '../../src/protocol/ice-url.js';
import { type IceServer, parseIceServerLinks } from '../../src/protocol/link-header.js';
import { makeContext } from '../../src/server/doctor/context.js';
import { checkIceServers } from '../../src/server/doctor/ice-servers.js';
import { emptyPage, serveWithBrowser } from '../helpers/browser.js';
import { noCoturn, startCoturn } from '../helpers/coturn.js';
import { type TestServer, until } from '../helpers/server.js';

type TestOf = Parameters<typeof serveWithBrowser>[0] & { testdir(files: Record<string, string>): string };

const SECRET = 'a secret that coturn and the robot share';
const skip = noCoturn;

/** A server, its browser and a page, with these TURN settings; on loopback only, as coturn. */
async function serveWithTurn(t: TestOf, server: object): Promise<{ server: TestServer; page: Page }> {
  // JSON is YAML.
  const config = { cameras: { cam: { source: 'test' } }, ice: { servers: [server], interfaces: ['lo'] } };
  const file = join(t.testdir({ 'robot.yaml': JSON.stringify(config) }), 'robot.yaml');
  const { server: started, browser } = await serveWithBrowser(t, '--config', file);
  const page = await emptyPage(browser, started);
  await until('the camera can be watched', async () => (await started.camera('cam')).state === 'idle', 20_000);
  await until('the server has checked the TURN server', async () => {
    const { ice } = (await (await started.fetch('/api/v1/system')).json()) as System;
    return ice.servers.every(({ reachable }) => reachable !== null);
  });
  return { server: started, page };
}

interface Relayed {
  framesDecoded: number;
  /** The viewer's candidate of the pair that carries the video. */
  local: string;
  gathered: string[];
  answer: string;
}

/**
 * A viewer that uses only TURN relays, as one behind a strict firewall. It offers first and gathers when it knows
 * the servers from the answer's Link headers (RFC 9725 §4.4).
 * @param waitMs for the first frames
 */
async function watchRelayed(page: Page, server: TestServer, waitMs: number): Promise<Relayed> {
  // The browser's fetch joins the header lines with ", "; they are parsed by the code that clients use.
  await page.exposeFunction('readLinks', (header: string): IceServer[] => parseIceServerLinks(header));
  return await page.evaluate(
    async ({ token, waitMs }) => {
      const peer = new RTCPeerConnection({ iceTransportPolicy: 'relay' });
      const gathered: string[] = [];
      peer.onicecandidate = ({ candidate }) => candidate && gathered.push(candidate.candidate);
      const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true });
      document.body.append(video);
      peer.addTransceiver('video', { direction: 'recvonly' });
      peer.ontrack = ({ track }) => {
        video.srcObject = new MediaStream([track]);
      };
      const offer = await peer.createOffer();
      const response = await fetch('/whep/cam', {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/sdp' },
        body: offer.sdp ?? '',
      });
      const answer = await response.text();
      if (response.status !== 201) throw new Error(`${response.status} ${answer}`);
      const { readLinks } = window as unknown as { readLinks(header: string): Promise<RTCIceServer[]> };
      peer.setConfiguration({
        iceTransportPolicy: 'relay',
        iceServers: await readLinks(response.headers.get('Link') ?? ''),
      });
      await peer.setLocalDescription(offer);
      await peer.setRemoteDescription({ type: 'answer', sdp: answer });
      const until = performance.now() + waitMs;
      for (;;) {
        const reports = [
          ...((await peer.getStats()) as unknown as Map<string, Record<string, number | string>>).values(),
        ];
        const framesDecoded = Number(reports.find(({ type }) => type === 'inbound-rtp')?.framesDecoded ?? 0);
        if (framesDecoded >= 15 || performance.now() > until) {
          const pair = reports.find(({ type, state }) => type === 'candidate-pair' && state === 'succeeded');
          const local = reports.find(({ id }) => id === pair?.localCandidateId);
          return { framesDecoded, local: String(local?.candidateType ?? 'none'), gathered, answer };
        }
        await new Promise(resolve => setTimeout(resolve, 50));
      }
    },
    { token: server.token, waitMs },
  );
}

t.test('a viewer sees video through a TURN server that is configured as in deploy/turn', { skip }, async t => {
  const conf = fileURLToPath(new URL('../../../deploy/turn/turnserver.conf', import.meta.url));
  const coturn = await startCoturn(t, '-c', conf);
  const { server, page } = await serveWithTurn(t, {
    urls: [`turn:127.0.0.1:${coturn.port}?transport=udp`, `turn:127.0.0.1:${coturn.port}?transport=tcp`],
    secret: 'CHANGE-ME',
  });
  const seen = await watchRelayed(page, server, 20_000);
  t.ok(seen.framesDecoded >= 15, `${seen.framesDecoded} frames`);
  t.equal(seen.local, 'relay');
  t.ok(seen.gathered.length > 0);
  t.ok(
    seen.gathered.every(candidate => candidate.includes(' typ relay')),
    seen.gathered.join('\n'),
  );
  t.match(seen.answer, /^a=candidate:\S+ 1 UDP \d+ 127\.0\.0\.1 \d+ typ host\r$/m);
  t.match(
    seen.answer,
    /^a=candidate:\S+ 1 UDP \d+ 127\.0\.0\.1 \d+ typ relay /m,
    "the server's own agent has a relay too",
  );
  const [session] = await server.sessions();
  t.match(
    coturn.log.join('\n'),
    new RegExp(`\\d{10}:${session?.id}>`),
    "coturn's log shows whose allocation it is: the user name has the session's id",
  );
});

t.test('the dashboard plays through a TURN server when nothing else gets through', { skip }, async t => {
  const coturn = await startCoturn(t, '--use-auth-secret', `--static-auth-secret=${SECRET}`);
  const { server, page } = await serveWithTurn(t, {
    urls: [`turn:127.0.0.1:${coturn.port}?transport=udp`],
    secret: SECRET,
  });
  // Simulates a firewall: the page itself does not know.
  await page.addInitScript(() => {
    const Real = RTCPeerConnection;
    window.RTCPeerConnection = class extends Real {
      constructor(configuration?: RTCConfiguration) {
        super({ ...configuration, iceTransportPolicy: 'relay' });
      }
    };
  });
  await page.goto(`${server.origin}/#token=${server.token}`);
  await page.waitForSelector('camera-player[state="playing"]', { timeout: 30_000 });
  t.match(await server.sessions(), [{ camera: 'cam', state: 'connected' }]);
  t.match(coturn.log.join('\n'), /:client>.*ALLOCATE processed, success/);
});

t.test('a viewer sees video through a TURN server over TCP with a fixed user', { skip }, async t => {
  const coturn = await startCoturn(t, '--lt-cred-mech', '--user=robot:p"a\\s s%40,;');
  const { server, page } = await serveWithTurn(t, {
    urls: [`turn:127.0.0.1:${coturn.port}?transport=tcp`],
    username: 'robot',
    credential: 'p"a\\s s%40,;',
  });
  const seen = await watchRelayed(page, server, 20_000);
  t.ok(seen.framesDecoded >= 15, `${seen.framesDecoded} frames`);
  t.equal(seen.local, 'relay');
  t.match(seen.answer, / typ relay /);
});

t.test('with a wrong secret nobody gets through, and the session says so', { skip }, async t => {
  const coturn = await startCoturn(t, '--use-auth-secret', `--static-auth-secret=${SECRET}`);
  const { server, page } = await serveWithTurn(t, {
    urls: [`turn:127.0.0.1:${coturn.port}?transport=udp`],
    secret: 'another',
  });
  const seen = await watchRelayed(page, server, 2_000);
  t.equal(seen.framesDecoded, 0);
  t.strictSame(seen.gathered, []);
  t.notMatch(seen.answer, / typ relay /);
  const ended = await until(
    'the session has ended',
    async () => {
      const sessions = await server.sessions('ended');
      return sessions.length > 0 && sessions;
    },
    25_000,
  );
  t.match(ended, [{ ended: { reason: /^(connect-timeout|ice-failed)$/ } }]);
  t.notMatch(server.log.join('\n'), /another/, 'the secret is in no line of the log');
});

t.test('a TURN server that goes down is detected, and left out of answers', { skip }, async t => {
  const coturn = await startCoturn(t, '--use-auth-secret', `--static-auth-secret=${SECRET}`);
  const { server, page } = await serveWithTurn(t, {
    urls: [`turn:127.0.0.1:${coturn.port}?transport=udp`],
    secret: SECRET,
  });
  t.match((await watchRelayed(page, server, 20_000)).answer, / typ relay /);
  coturn.freeze();
  t.teardown(() => coturn.thaw());
  const { ice } = await until(
    'the server knows that it does not answer',
    async () => {
      const system = (await (await server.fetch('/api/v1/system')).json()) as System;
      return system.ice.servers[0]?.reachable === false && system;
    },
    30_000,
  );
  t.match(ice.servers, [{ reachable: false, address: null, error: /no answer within 3 s/ }]);
  const other = await emptyPage(page.context().browser() as never, server);
  const seen = await watchRelayed(other, server, 0);
  t.notMatch(seen.answer, / typ relay /);
});

t.test('the doctor allocates a relay with the configured servers', { skip }, async t => {
  const timed = await startCoturn(t, '--use-auth-secret', `--static-auth-secret=${SECRET}`);
  const fixed = await startCoturn(t, '--lt-cred-mech', '--user=robot:pass');
  const urls = ({ port }: { port: number }) =>
    ['udp', 'tcp'].map(transport => parseIceUrl(`turn:127.0.0.1:${port}?transport=${transport}`));
  const servers: IceServerPlan[] = [
    { urls: urls(timed), access: { type: 'timed', secret: SECRET, lifetime: 600 } },
    { urls: urls(timed), access: { type: 'timed', secret: 'another', lifetime: 600 } },
    { urls: urls(timed), access: { type: 'timed', secret: SECRET, lifetime: -600 } },
    { urls: urls(fixed), access: { type: 'fixed', username: 'robot', credential: 'pass' } },
    { urls: urls(fixed), access: { type: 'fixed', username: 'robot', credential: 'wrong' } },
  ];
  const context = makeContext(null);
  if (!context.settings) throw new Error('the defaults are wrong');
  const findings = await checkIceServers({
    ...context,
    settings: { ...context.settings, ice: { ...context.settings.ice, servers } },
  });
  const refused = { status: 'fail', detail: /refuses us: 401/ };
  const [first, second] = [
    { status: 'ok', detail: /relays for us/ },
    { ...refused, remedy: /ice\.servers\.\d\.secret.*clocks/ },
  ];
  t.match(findings, [first, first, second, second, second, second, first, first, refused, refused]);
  t.match(timed.log.join('\n'), /REFRESH processed, success/, 'and releases it');
});
