import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { addressesOf } from '../ice/interfaces.js';
import type { Check, Finding } from './check.js';

/** Sockets that are tried in parallel. */
const AT_ONCE = 64;

export const checkUdpPorts: Check = async ({ settings }) => {
  if (!settings) return [];
  const { udpPorts, interfaces } = settings.ice;
  if (!udpPorts) return [{ status: 'ok', check: 'udpPorts', detail: 'any: a firewall must let all UDP ports through' }];
  const { min, max } = udpPorts;
  const addresses = interfaces === null ? ['0.0.0.0'] : addressesOf(interfaces).flatMap(found => found.addresses);
  const size = max - min + 1;
  const { free, denied } = await countFree(min, max, addresses);
  const range = `${min}-${max}`;
  if (denied)
    return [
      {
        status: 'fail',
        check: 'udpPorts',
        detail: `this user may not use ports of ${range}`,
        remedy: 'Use ports from 1024 on: ice.udpPorts.',
      },
    ];
  if (free === 0 && addresses.length > 0)
    return [
      {
        status: 'fail',
        check: 'udpPorts',
        detail: `all ${size} ports of ${range} are in use`,
        remedy:
          'Use others, or stop the program that uses them ("ss -ulnp" names it); the server itself uses some while it has viewers.',
      },
    ];
  return [enough(range, size, free, settings.config.limits.viewers, settings.cameras?.length ?? null)];
};

/** @param cameras null where plugged-in cameras are served, whose number is unknown here */
function enough(range: string, size: number, free: number, viewers: number, cameras: number | null): Finding {
  const wanted = viewers * Math.max(1, cameras ?? 1);
  const inUse = free < size ? `, ${size - free} of them in use now` : '';
  if (size >= wanted)
    return { status: 'ok', check: 'udpPorts', detail: `${range}: ${size} sessions at the same time${inUse}` };
  return {
    status: 'warn',
    check: 'udpPorts',
    detail: `${range} is enough for ${size} sessions${inUse}; limits.viewers allows ${wanted} (${viewers} per camera)`,
    remedy: 'Widen ice.udpPorts, or lower limits.viewers.',
  };
}

/** How many ports can be bound on every address, and whether this user lacks the permission for any. */
async function countFree(
  min: number,
  max: number,
  addresses: readonly string[],
): Promise<{ free: number; denied: boolean }> {
  let free = 0;
  let denied = false;
  for (let first = min; first <= max; first += AT_ONCE) {
    const ports = Array.from({ length: Math.min(AT_ONCE, max - first + 1) }, (_, i) => first + i);
    const outcomes = await Promise.all(
      ports.map(port => Promise.all(addresses.map(address => bindOnce(port, address)))),
    );
    for (const errors of outcomes) {
      if (errors.every(code => code === null)) free++;
      if (errors.includes('EACCES')) denied = true;
    }
  }
  return { free, denied };
}

function bindOnce(port: number, address: string): Promise<string | null> {
  return new Promise(resolve => {
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
    socket.once('error', (error: NodeJS.ErrnoException) => socket.close(() => resolve(error.code ?? error.message)));
    socket.bind({ port, address, exclusive: true }, () => socket.close(() => resolve(null)));
  });
}
