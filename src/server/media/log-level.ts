import type { Log } from '../../domain/log.js';

/** The log level of a child process's log message. */
export const levelOf = (level: string): keyof Log =>
  level === 'error' || level === 'warn' || level === 'debug' ? level : 'info';
