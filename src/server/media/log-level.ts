import type { Log } from '../../domain/log.js';

/** Of a line of a child process's log. */
export const levelOf = (level: string): keyof Log =>
  level === 'error' || level === 'warn' || level === 'debug' ? level : 'info';
