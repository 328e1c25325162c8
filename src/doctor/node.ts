import type { Check } from './check.js';

/** `engines` in package.json. */
const OLDEST = 20;

export const checkNode: Check = async () => {
  const { version } = process;
  return Number.parseInt(version.slice(1), 10) >= OLDEST
    ? [{ status: 'ok', check: 'node', detail: version }]
    : [
        {
          status: 'fail',
          check: 'node',
          detail: `${version} is too old`,
          remedy: `Install Node.js ${OLDEST} or later: https://nodejs.org.`,
        },
      ];
};
