import { type Document, isMap } from 'yaml';
import { ConfigError } from './config-error.js';

/** A step from one form of the configuration file to the next. */
export interface Migration {
  /** The version that it leads to. The first form is 1, and each step leads one further. */
  to: number;
  /** What it changes, for the log. */
  title: string;
  /** Changes the document in place; its comments stay where they are. */
  migrate(document: Document): void;
}

/**
 * Every change of the file's form, oldest first; none is ever taken out again. A change that old files stand as they are
 * (a new key with a default) needs no entry.
 */
export const MIGRATIONS: readonly Migration[] = [];

/** Which version a document was of, and what was done to bring it to the newest. */
export interface Migrated {
  from: number;
  titles: readonly string[];
}

/**
 * Brings a document to the newest form, in place. A version that is none is left to the schema to refuse.
 * @throws ConfigError if it is newer than this program
 */
export function migrate(document: Document, migrations: readonly Migration[] = MIGRATIONS): Migrated {
  const newest = migrations.at(-1)?.to ?? 1;
  const version = isMap(document.contents) ? document.get('version') : undefined;
  if (version !== undefined && !(Number.isInteger(version) && (version as number) >= 1)) return { from: 1, titles: [] };
  const from = (version as number | undefined) ?? 1;
  if (from > newest)
    throw new ConfigError([
      {
        path: ['version'],
        message: `is ${from}, and this program knows up to ${newest}: the file is of a newer one. Install that, or take the copy of the file that it kept, ending in ".v${newest}"`,
      },
    ]);
  const steps = isMap(document.contents) ? migrations.filter(({ to }) => to > from) : [];
  for (const step of steps) step.migrate(document);
  if (steps.length > 0) document.set('version', newest);
  return { from, titles: steps.map(({ title }) => title) };
}
