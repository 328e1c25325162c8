import { dirname, join, resolve } from 'node:path';
import { isatty } from 'node:tty';
import closeWithGrace from 'close-with-grace';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { FastifyBaseLogger } from 'fastify';
import { stringify } from 'yaml';
import { CommandError, EXIT } from '../domain/command-error.js';
import type { CameraSettings } from '../domain/contract.js';
import { defaultStateDir, readToken } from '../server/access/own-token.js';
import type { Server } from '../server/compose.js';
import { ConfigFile, ConfigMemory } from '../server/config/config-storage.js';
import { planCameras } from '../server/config/plan.js';
import { ConfigStore } from '../server/config/store.js';
import { withoutSecret } from './hide-secrets.js';
import { LOG_LEVELS, makeLogger } from './log.js';
import { originsOf } from './origins.js';
import { ServiceManager } from './service-manager.js';

interface ServeOptions {
  /** Ids and sources, in the order of the command line. */
  camera?: [id: string, source: string][];
  config?: string;
  host?: string;
  port?: number;
  stateDir?: string;
  logLevel?: string;
  json?: boolean;
}

/** Used until the configuration is read. */
const DEFAULT_LEVEL = 'info';
/** A worker that hangs in the kernel takes closeMs + goneMs of CHILD_TIMES; systemd waits 10 s (TimeoutStopSec). */
const SHUTDOWN_MS = 4_500;
/**
 * Signals that stop the server within SHUTDOWN_MS, however often they are sent: npm forwards a Ctrl-C that the whole
 * process group has already received. (close-with-grace takes a second one for an impatient person.)
 */
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const;

/** File descriptors that may be a terminal. */
const TERMINAL = [0, 1, 2];
const hadTerminal = TERMINAL.some(isatty);

export function serveCommand(): Command {
  return new Command('serve')
    .description("Serve this robot's cameras.")
    .option(
      '--camera <ID=SOURCE>',
      'a camera: test, v4l2:/dev/video0, file:/path/video.mp4, rtsp://…; may be repeated. Replaces the cameras of the configuration file; changes over the API are then lost when the server stops',
      collectCamera,
    )
    .option(
      '--config <FILE>',
      'a YAML configuration file; changes to it take effect at once (default: config.yaml in the state folder, if it exists)',
    )
    .option('--host <ADDRESS>', 'address to listen on (default: 0.0.0.0)')
    .option('--port <NUMBER>', 'TCP port; 0 picks a free one (default: 8765)', parsePort)
    .option('--state-dir <FOLDER>', 'folder of the token, and of the configuration unless --config is given')
    .addOption(
      new Option(
        '--log-level <LEVEL>',
        'minimum level of the log on stderr (default: log.level of the configuration, which may change at run time)',
      ).choices([...LOG_LEVELS]),
    )
    .option('--json', 'print where the server listens as one line of JSON on stdout')
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  // npm runs scripts in the package's folder; a path on the command line is relative to where it was typed.
  const here = process.env.INIT_CWD ?? process.cwd();
  const stateDir = resolve(here, options.stateDir ?? defaultStateDir(process.env));
  const configFile = options.config === undefined ? join(stateDir, 'config.yaml') : resolve(here, options.config);
  const logger = makeLogger(options.logLevel ?? DEFAULT_LEVEL);
  const manager = new ServiceManager(process.env, logger);
  const config = new ConfigStore({
    storage: new ConfigFile(configFile, { mayBeMissing: options.config === undefined }),
    ...(options.camera ? { cameras: namedCameras(options.camera, here) } : {}),
    log: logger,
  });
  const stop = new AbortController();
  const started = start(options, { stateDir, base: dirname(configFile), config, logger, signal: stop.signal });
  endOnSignal(started, stop, manager, logger);
  // A start that is stopped by a signal has not failed: the signal handler ends the process, with its own exit status.
  const { server, token, file } = await started.catch(error => (stop.signal.aborted ? ended() : Promise.reject(error)));
  process.on('SIGHUP', () => {
    // From the kernel it means that the terminal is gone; from a person or systemd, "reload the configuration".
    if (hadTerminal && !TERMINAL.some(isatty)) process.kill(process.pid, 'SIGTERM');
    else reload(config, server, manager).catch(err => logger.error({ err }, 'configuration reload failed'));
  });
  // Never rejects, and nothing depends on it.
  void manager.ready(server.health);
  announce(originsOf(server), { token, file, port: server.address.port, json: options.json ?? false });
}

interface Start {
  stateDir: string;
  base: string;
  config: ConfigStore;
  logger: FastifyBaseLogger;
  signal: AbortSignal;
}

async function start(options: ServeOptions, { stateDir, ...rest }: Start): Promise<Started> {
  // Most of the code: a usage error, or another command, does not wait for it to load.
  const { startServer } = await import('../server/compose.js');
  rest.signal.throwIfAborted();
  const { token, file } = await readToken(stateDir);
  const { server: address } = rest.config.running.config;
  const server = await startServer({
    ...rest,
    host: options.host ?? address.host,
    port: options.port ?? address.port,
    token,
    logLevel: options.logLevel ?? null,
  });
  return { server, token, file };
}

interface Started {
  server: Server;
  token: string;
  /** The file that contains the token. */
  file: string;
}

/** Handles signals from the very start: a start that is interrupted closes whatever is open already. */
function endOnSignal(
  started: Promise<Started>,
  stop: AbortController,
  manager: ServiceManager,
  logger: FastifyBaseLogger,
): void {
  const closed = async (): Promise<void> => {
    const begun = await started.catch(() => null);
    await begun?.server.close();
  };
  const { close } = closeWithGrace({ delay: SHUTDOWN_MS, logger, skip: ['SIGHUP', ...STOPPING] }, async ({ err }) => {
    stop.abort(new Error('the server is stopping'));
    if (err) logger.error({ err }, 'internal error, stopping');
    await Promise.all([manager.stopping(), closed()]);
  });
  for (const signal of STOPPING)
    process.on(signal, () => {
      const isStopping = stop.signal.aborted;
      logger.info({ signal, isStopping }, 'stopping');
      // Ends the process, and never rejects.
      if (!isStopping) void close();
    });
}

/** Never resolves, so that the caller does not continue before the process ends. */
const ended = (): Promise<never> => new Promise(() => undefined);

async function reload(config: ConfigStore, server: Server, manager: ServiceManager): Promise<void> {
  await Promise.all([manager.reloading(), config.reload({ forced: true })]);
  await manager.ready(server.health);
}

/** The cameras of the command line, as a configuration that is not saved. @throws CommandError */
function namedCameras(sources: readonly (readonly [string, string])[], here: string): ConfigMemory {
  const cameras = new Map(sources.map(([id, source]) => [id, { source } as CameraSettings]));
  planCameras(Object.fromEntries(cameras), here);
  return new ConfigMemory(join(here, '--camera'), stringify({ cameras }));
}

interface Announced {
  token: string;
  /** The file that contains the token. */
  file: string;
  port: number;
  json: boolean;
}

function announce(origins: readonly string[], { token, file, port, json }: Announced): void {
  // Ignore a reader of stdout that exits.
  process.stdout.on('error', () => undefined);
  const withToken = origins.map(origin => `${origin}/#token=${token}`);
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ event: 'listening', url: withToken[0], urls: withToken, port, token, tokenFile: file })}\n`,
    );
  } else if (process.stdout.isTTY) {
    process.stdout.write(
      `\n  bigfootbot-video is running. Open one of these in a browser:\n\n${withToken.map(url => `    ${url}`).join('\n')}\n\n  The token is in ${file}\n  API: ${origins[0]}/docs    Stop: Ctrl-C\n\n`,
    );
  } else {
    process.stdout.write(`listening on ${origins.join(' ')} (the token is in ${file})\n`);
  }
}

function collectCamera(value: string, before: [string, string][] = []): [string, string][] {
  const [, id = '', source = ''] = /^([^=]*)=(.*)$/s.exec(value) ?? [];
  if (id === '' || source === '')
    throw new InvalidArgumentError('Expected ID=SOURCE, such as road=file:/path/video.mp4.');
  if (before.some(([other]) => other === id)) throw new InvalidArgumentError(`Camera "${id}" is given twice.`);
  return [...before, [id, source]];
}

function parsePort(value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65_535) throw new InvalidArgumentError('Expected a port from 0 to 65535.');
  return port;
}

/** Prints an error that a person can fix one line per finding, and any other one with its stack. */
export function exitWith(error: unknown): never {
  if (error instanceof CommandError) {
    process.stderr.write(
      `${withoutSecret(error.message)
        .split('\n')
        .map(line => `bigfootbot-video: ${line}`)
        .join('\n')}\n`,
    );
    process.exit(error.exitCode);
  }
  process.stderr.write(
    `bigfootbot-video: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(EXIT.internal);
}
