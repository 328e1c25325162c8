import type { FastifyBaseLogger } from 'fastify';
import { pino } from 'pino';
import pretty from 'pino-pretty';

/** As in the contract. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Fields that may contain a token: of an HTTP request, and of a malformed one. */
const SECRET = ['req.headers.authorization', 'req.url', 'err.rawPacket', 'token'];

/** The log, on stderr: for people on a terminal, JSON elsewhere. Fields that may contain secrets are redacted. */
export function makeLogger(level: string): FastifyBaseLogger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: SECRET,
  };
  if (!process.stderr.isTTY) return pino(options, pino.destination({ fd: 2, sync: true }));
  return pino(
    options,
    pretty({ destination: 2, sync: true, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname', colorize: true }),
  );
}
