/** Lines of the log: an event and its fields. */
export interface Log {
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}

/** A log that adds these fields to its lines. Unlike a child logger of pino it follows changes of the level. */
export function withFields(log: Log, fields: object): Log {
  return {
    debug: (more, event) => log.debug({ ...fields, ...more }, event),
    info: (more, event) => log.info({ ...fields, ...more }, event),
    warn: (more, event) => log.warn({ ...fields, ...more }, event),
    error: (more, event) => log.error({ ...fields, ...more }, event),
  };
}
