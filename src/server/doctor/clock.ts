import type { Check, Finding } from './check.js';
import type { SystemFacts } from './facts.js';

/** Time zones, and a copy of the program from a machine whose clock is ahead. */
const TOLERATED_MS = 86_400_000;
/** Chrony's "Not synchronised", a field of its own in `chronyc -c tracking`. */
const NOT_SYNCHRONISED = 'Not synchronised';

export const checkClock: Check = async ({ facts }) => judgeClock(await facts());

/** Certificates, tokens that expire and TURN credentials are all held against the clock. */
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
      return [{ status: 'ok', check: 'clock', detail: `${time}; nothing here tells whether it is synchronised` }];
    default:
      return [
        {
          status: 'warn',
          check: 'clock',
          detail: `${time}, not synchronised; at a wrong time tokens, certificates and TURN are refused`,
          remedy: /^NTP=yes$/m.test(facts.timedate ?? '')
            ? 'Wait until it is, or name a server that can be reached: NTP= in /etc/systemd/timesyncd.conf.'
            : set,
        },
      ];
  }
}

/** Null where nothing knows. */
function isSynchronised({ timedate, chrony, hasTimesync }: SystemFacts): boolean | null {
  if (hasTimesync) return true;
  if (chrony !== null && chrony !== '') return !chrony.includes(NOT_SYNCHRONISED);
  // The kernel's own word (STA_UNSYNC of adjtimex).
  const [, said] = /^NTPSynchronized=(yes|no)$/m.exec(timedate ?? '') ?? [];
  return said === undefined ? null : said === 'yes';
}
