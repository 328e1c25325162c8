import { networkInterfaces } from 'node:os';
import { addressesOf } from '../ice/interfaces.js';
import type { Check, Finding } from './check.js';

export const checkInterfaces: Check = async ({ settings }) => {
  if (!settings) return [];
  const wanted = settings.ice.interfaces;
  const present = Object.entries(networkInterfaces())
    .filter(([, addresses]) => addresses?.some(({ internal }) => !internal))
    .map(([name]) => name);
  if (wanted === null) {
    const addresses = addressesOf(present).flatMap(found => found.addresses);
    return [
      addresses.length > 0
        ? { status: 'ok', check: 'interfaces', detail: `all: ${addresses.join(', ')}` }
        : {
            status: 'fail',
            check: 'interfaces',
            detail: 'this machine has no address that others could reach',
            remedy: 'Connect it to a network.',
          },
    ];
  }
  const found = addressesOf(wanted);
  const none = found.every(({ addresses }) => addresses.length === 0);
  return found.map(({ name, addresses }): Finding => {
    if (addresses.length > 0)
      return { status: 'ok', check: 'interfaces', detail: [name, ...addresses.filter(a => a !== name)].join(' ') };
    return {
      // An unplugged one is skipped; with none at all nobody can watch.
      status: none ? 'fail' : 'warn',
      check: 'interfaces',
      detail: `${name} does not exist, or has no address`,
      remedy: `Correct ice.interfaces; this machine has ${present.join(', ') || 'none'}.`,
    };
  });
};
