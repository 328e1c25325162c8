import { type Document, isMap } from 'yaml';
import { ConfigError } from './config-error.js';

/** A step from one version of the configuration file to the next. */
export interface Migration {
  /** The version after the step. The first version is 1, and each step adds 1. */
  to: number;
  /** What it changes, for the log. */
  title: string;
  /** Changes the document in place; comments stay where they are. */
  migrate(document: Document): void;
}

/**
 * All changes of the file's form, oldest first; none is ever removed. A change that leaves old files valid (a new key
 * with a default) needs no entry.
 */
export const MIGRATIONS: readonly Migration[] = [];

/** The version of a document before its migration, and the steps applied. */
export interface Migrated {
  from: number;
  titles: readonly string[];
}

export const newestVersion = (migrations: readonly Migration[] = MIGRATIONS): number => migrations.at(-1)?.to ?? 1;

/**
 * Migrates a document to the newest version, in place. An invalid version is left for the schema to reject.
 * @throws ConfigError if the version is newer than this server supports
 */
export function migrate(document: Document, migrations: readonly Migration[] = MIGRATIONS): Migrated {
  const newest = newestVersion(migrations);
  const version = isMap(document.contents) ? document.get('version') : undefined;
  if (version !== undefined && !(Number.isInteger(version) && (version as number) >= 1)) return { from: 1, titles: [] };
  const from = (version as number | undefined) ?? 1;
  if (from > newest)
    throw new ConfigError([
      {
        path: ['version'],
        message: `is ${from}, but this server supports at most ${newest}: a newer one wrote the file. Install that, or use the copy of the file that it kept, ending in ".v${newest}"`,
      },
    ]);
  const steps = isMap(document.contents) ? migrations.filter(({ to }) => to > from) : [];
  for (const step of steps) step.migrate(document);
  if (steps.length > 0) document.set('version', newest);
  return { from, titles: steps.map(({ title }) => title) };
}
