import type { Check, Finding } from './check.js';
import type { SystemFacts } from './facts.js';

/** Allows for time zones, and for a build from a machine whose clock is ahead. */
const TOLERATED_MS = 86_400_000;
/** A separate field in the output of `chronyc -c tracking`. */
const NOT_SYNCHRONISED = 'Not synchronised';

export const checkClock: Check = async ({ facts }) => judgeClock(await facts());

/** Certificates, tokens that expire and TURN credentials all depend on the clock. */
export function judgeClock(facts: SystemFacts): Finding[] {
  const { now, builtAt, isContainer } = facts;
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  const set = isContainer ? 'Set the clock of the host.' : 'Set it: "sudo timedatectl set-ntp true".';
  if (now < builtAt - TOLERATED_MS)
    return [
      {
        status: 'fail',
        check: 'clock',
        detail: `it says ${time}, and this program was built on ${new Date(builtAt).toISOString().slice(0, 10)}; tokens, certificates and TURN are refused at a wrong time`,
        remedy: set,
      },
    ];
  switch (isSynchronised(facts)) {
    case true:
      return [{ status: 'ok', check: 'clock', detail: `${time}, synchronised` }];
    case null:
      return [{ status: 'ok', check: 'clock', detail: `${time}; synchronisation is unknown on this machine` }];
    default:
      return [
        {
          status: 'warn',
          check: 'clock',
          detail: `${time}, not synchronised; at a wrong time tokens, certificates and TURN are refused`,
          remedy: /^NTP=yes$/m.test(facts.timedate ?? '')
            ? 'Wait until it is, or configure a reachable server: NTP= in /etc/systemd/timesyncd.conf.'
            : set,
        },
      ];
  }
}

/** Null where that is unknown. */
function isSynchronised({ timedate, chrony, hasTimesync }: SystemFacts): boolean | null {
  if (hasTimesync) return true;
  if (chrony !== null && chrony !== '') return !chrony.includes(NOT_SYNCHRONISED);
  // The kernel's flag (STA_UNSYNC of adjtimex).
  const [, said] = /^NTPSynchronized=(yes|no)$/m.exec(timedate ?? '') ?? [];
  return said === undefined ? null : said === 'yes';
}
