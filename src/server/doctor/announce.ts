import { within } from '../ice/probe.js';
import { LOOKUP_MS, resolveHost } from '../ice/resolve.js';
import type { Check, Finding } from './check.js';

export const checkAnnounce: Check = async ({ settings }) => {
  if (!settings) return [];
  return await Promise.all(
    settings.ice.announce.map(async (name): Promise<Finding> => {
      try {
        const addresses = await within(LOOKUP_MS, undefined, signal => resolveHost(name, signal));
        const detail = addresses.includes(name) ? name : `${name}: ${addresses.join(', ')}`;
        return { status: 'ok', check: 'announce', detail };
      } catch (error) {
        return {
          status: 'fail',
          check: 'announce',
          detail: `${name}: ${(error as Error).message}`,
          remedy: 'Correct ice.announce, or give the address itself; mDNS names (.local) are not resolved.',
        };
      }
    }),
  );
};
