import type { Check, Finding } from './check.js';

/** `engines` in package.json. */
const OLDEST = 20;
/** The day on which a release line of Node.js got its last security fix: nodejs.org/en/about/previous-releases. */
const LAST_FIX: Readonly<Record<number, string>> = {
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
  26: '2029-04-30',
};

export const checkNode: Check = async () => judgeNode(process.version, Date.now());

/** @param now ms since 1970 */
export function judgeNode(version: string, now: number): Finding[] {
  const major = Number.parseInt(version.slice(1), 10);
  if (major < OLDEST)
    return [
      {
        status: 'fail',
        check: 'node',
        detail: `${version} is too old`,
        remedy: `Install Node.js ${OLDEST} or later: https://nodejs.org.`,
      },
    ];
  const last = LAST_FIX[major];
  if (last === undefined || now < Date.parse(last)) return [{ status: 'ok', check: 'node', detail: version }];
  return [
    {
      status: 'warn',
      check: 'node',
      detail: `${version} gets no security fixes since ${last}, unless your distribution makes them`,
      remedy: 'Install a release line that is maintained: https://nodejs.org.',
    },
  ];
}
