import type { Log } from '../../src/domain/log.js';

/** A log that keeps its lines. */
export function keptLog(): Log & { lines: { level: string; event: string; fields: object }[] } {
  const lines: { level: string; event: string; fields: object }[] = [];
  const keep =
    (level: string) =>
    (fields: object, event: string): void =>
      void lines.push({ level, event, fields });
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
}
