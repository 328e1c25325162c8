import { readFileSync } from 'node:fs';

/** The text of a file in test/fixtures, which the build leaves where it is. */
export function readFixture(name: string): string {
  return readFileSync(new URL(`../../../test/fixtures/${name}`, import.meta.url), 'utf8');
}

/** The offer of a client: see test/fixtures/offers/README.md. */
export const readOffer = (client: string): string => readFixture(`offers/${client}.sdp`);
