/**
 * Messages between two processes, over Node's IPC, as tables of their fields. Both ends check incoming messages against
 * the tables; the types are derived from them, so that every message is defined once.
 *
 * A message with a `request` is a request, or a reply with the number of its request. A separate list next to the
 * tables maps requests to replies; `refused`, with the reason, may replace any reply. See process/supervised.ts.
 */
export const string = 'string';
export const number = 'number';
export const object = 'object';
export const nullableString = 'string?';
export const nullableNumber = 'number?';
export const objectOrNull = 'object?';

export type Kind = 'string' | 'number' | 'object' | 'string?' | 'number?' | 'object?';
type ValueOf<K> = K extends 'string'
  ? string
  : K extends 'number'
    ? number
    : K extends 'string?'
      ? string | null
      : K extends 'number?'
        ? number | null
        : never;

export type Table = Readonly<Record<string, Readonly<Record<string, Kind>>>>;

/** The union of a table's messages. @typeParam Objects the types of object fields, by name */
export type MessagesOf<T extends Table, Objects> = {
  [Type in keyof T]: { type: Type } & {
    [Field in keyof T[Type]]: T[Type][Field] extends 'object' | 'object?'
      ? Field extends keyof Objects
        ? Objects[Field]
        : never
      : ValueOf<T[Type][Field]>;
  };
}[keyof T];

/** The message, if it is one of the table with all its fields; else null. */
export function checkMessage<M>(table: Table, message: unknown): M | null {
  if (typeof message !== 'object' || message === null) return null;
  const candidate = message as Record<string, unknown>;
  const fields =
    typeof candidate.type === 'string' && Object.hasOwn(table, candidate.type) ? table[candidate.type] : undefined;
  if (!fields) return null;
  for (const [name, kind] of Object.entries(fields)) if (!isKind(candidate[name], kind)) return null;
  return message as M;
}

function isKind(value: unknown, kind: Kind): boolean {
  if (kind === 'number?') return value === null || (typeof value === 'number' && !Number.isNaN(value));
  if (kind === 'string?') return value === null || typeof value === 'string';
  if (kind === 'object?') return typeof value === 'object';
  if (kind === 'object') return typeof value === 'object' && value !== null;
  return typeof value === kind && !Number.isNaN(value);
}
