import type { IceServerPlan } from '../../domain/ice.js';
import { type IceUrl, printIceUrl } from '../../protocol/ice-url.js';
import { tryAllocation } from '../ice/allocate.js';
import { credentialsFor } from '../ice/credentials.js';
import { probeServer } from '../ice/probe.js';
import type { Check, Finding } from './check.js';

export const checkIceServers: Check = async ({ settings }) => {
  if (!settings) return [];
  const { servers } = settings.ice;
  if (servers.length === 0)
    return [
      { status: 'ok', check: 'ice', detail: 'no STUN or TURN server: viewers must be on networks that reach this one' },
    ];
  return await Promise.all(
    servers.flatMap((server, i) => server.urls.map(url => check(url, server.access, `ice.servers.${i}`))),
  );
};

async function check(url: IceUrl, access: IceServerPlan['access'], key: string): Promise<Finding> {
  const isTurn = url.scheme.startsWith('turn');
  const shown = printIceUrl(url);
  try {
    const user = credentialsFor(access, 'doctor');
    if (!isTurn || !user) {
      const { address, roundTripMs } = await probeServer(url);
      return { status: 'ok', check: 'ice', detail: `${shown} answers (${address}, ${roundTripMs} ms)` };
    }
    const allocation = await tryAllocation(url, user);
    const where = `${allocation.address}, ${allocation.roundTripMs} ms`;
    if (allocation.allocated) return { status: 'ok', check: 'ice', detail: `${shown} relays for us (${where})` };
    return {
      status: 'fail',
      check: 'ice',
      detail: `${shown} answers (${where}) and refuses us: ${allocation.refusal}`,
      remedy:
        access.type === 'timed'
          ? `Compare ${key}.secret with the server's (coturn: use-auth-secret, static-auth-secret), and the clocks of both machines.`
          : `Compare ${key}.username and credential with the server's (coturn: lt-cred-mech, user).`,
    };
  } catch (error) {
    return {
      // Most connections work without a STUN server; a TURN server is configured because somebody needs it.
      status: isTurn ? 'fail' : 'warn',
      check: 'ice',
      detail: `${shown} does not answer: ${(error as Error).message}`,
      remedy: isTurn
        ? `Check that it runs, that ${key}.urls is right, and that a firewall lets ${url.transport.toUpperCase()} port ${url.port} through.`
        : 'On an isolated network this is expected and costs nothing; "ice: { servers: [] }" removes it.',
    };
  }
}
