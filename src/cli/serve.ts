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
  /** Ids and sources, in their order. */
  camera?: [id: string, source: string][];
  config?: string;
  host?: string;
  port?: number;
  stateDir?: string;
  logLevel?: string;
  json?: boolean;
}

/** Until the configuration is read. */
const DEFAULT_LEVEL = 'info';
/** A worker that hangs in the kernel takes closeMs + goneMs of CHILD_TIMES; systemd waits for 10 s (TimeoutStopSec). */
const SHUTDOWN_MS = 4_500;
/**
 * They ask for an end, which comes within SHUTDOWN_MS however often they are sent: npm passes on a Ctrl-C that the whole
 * process group has got already. (To close-with-grace a second one is somebody who does not want to wait.)
 */
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const;

/** What a terminal is on. */
const TERMINAL = [0, 1, 2];
const hadTerminal = TERMINAL.some(isatty);

export function serveCommand(): Command {
  return new Command('serve')
    .description("Serve this robot's cameras.")
    .option(
      '--camera <ID=SOURCE>',
      'a camera: test, v4l2:/dev/video0, file:/path/video.mp4, rtsp://…; may be repeated. Wins over the cameras of the file, and changes over the API then end with the server',
      collectCamera,
    )
    .option(
      '--config <FILE>',
      'a YAML configuration file; changes of it hold at once (default: config.yaml in the state folder, if there)',
    )
    .option('--host <ADDRESS>', 'address to listen on (default: 0.0.0.0)')
    .option('--port <NUMBER>', 'TCP port; 0 takes any free one (default: 8765)', parsePort)
    .option('--state-dir <FOLDER>', 'where the token is kept, and the configuration if none is named')
    .addOption(
      new Option(
        '--log-level <LEVEL>',
        'the least that is logged on stderr (default: log.level of the configuration, which may change)',
      ).choices([...LOG_LEVELS]),
    )
    .option('--json', 'say on stdout, in one line of JSON, where the server listens')
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  // npm runs scripts in the package's folder; a path that a person typed counts from where it was typed.
  const here = process.env.INIT_CWD ?? process.cwd();
  const stateDir = resolve(here, options.stateDir ?? defaultStateDir(process.env));
  const configFile = options.config === undefined ? join(stateDir, 'config.yaml') : resolve(here, options.config);
  const logger = makeLogger(options.logLevel ?? DEFAULT_LEVEL);
  const manager = new ServiceManager(process.env, logger);
  const config = new ConfigStore({
    place: new ConfigFile(configFile, { mayBeMissing: options.config === undefined }),
    ...(options.camera ? { cameras: namedCameras(options.camera, here) } : {}),
    log: logger,
  });
  const stop = new AbortController();
  const started = start(options, { stateDir, base: dirname(configFile), config, logger, signal: stop.signal });
  endOnSignal(started, stop, manager, logger);
  // One that is told to end has not failed: it ends by itself, with its own exit status.
  const { server, token, file } = await started.catch(error => (stop.signal.aborted ? ended() : Promise.reject(error)));
  process.on('SIGHUP', () => {
    // From the kernel it says that the terminal is gone, from a person or systemd that the configuration is to be read.
    if (hadTerminal && !TERMINAL.some(isatty)) process.kill(process.pid, 'SIGTERM');
    else reload(config, server, manager).catch(err => logger.error({ err }, 'the configuration could not be reloaded'));
  });
  // It never rejects, and nobody need wait for it.
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
  // Most of what there is to load; who made a mistake, or asks for another command, need not wait for it.
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
  /** In which it is kept. */
  file: string;
}

/** From the first moment of the start on: a start that is told to end closes what it has begun. */
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
    stop.abort(new Error('the server is told to end'));
    if (err) logger.error({ err }, 'the server made a mistake and stops');
    await Promise.all([manager.stopping(), closed()]);
  });
  for (const signal of STOPPING)
    process.on(signal, () => {
      const isStopping = stop.signal.aborted;
      logger.info({ signal, isStopping }, 'stopping');
      // It ends the process, and never rejects.
      if (!isStopping) void close();
    });
}

/** Until the process does, so that whoever waits does not go on. */
const ended = (): Promise<never> => new Promise(() => undefined);

async function reload(config: ConfigStore, server: Server, manager: ServiceManager): Promise<void> {
  await Promise.all([manager.reloading(), config.reload({ asked: true })]);
  await manager.ready(server.health);
}

/** The cameras of the command line, as a configuration that is kept nowhere. @throws CommandError */
function namedCameras(sources: readonly (readonly [string, string])[], here: string): ConfigMemory {
  const cameras = new Map(sources.map(([id, source]) => [id, { source } as CameraSettings]));
  planCameras(Object.fromEntries(cameras), here);
  return new ConfigMemory(join(here, '--camera'), stringify({ cameras }));
}

interface Announced {
  token: string;
  /** In which it is kept. */
  file: string;
  port: number;
  json: boolean;
}

function announce(origins: readonly string[], { token, file, port, json }: Announced): void {
  // Whoever started this need not read on.
  process.stdout.on('error', () => undefined);
  const withToken = origins.map(origin => `${origin}/#token=${token}`);
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ event: 'listening', url: withToken[0], urls: withToken, port, token, tokenFile: file })}\n`,
    );
  } else if (process.stdout.isTTY) {
    process.stdout.write(
      `\n  bigfootbot-video is on the air. Open one of these in a browser:\n\n${withToken.map(url => `    ${url}`).join('\n')}\n\n  The token is kept in ${file}\n  API: ${origins[0]}/docs    Stop: Ctrl-C\n\n`,
    );
  } else {
    process.stdout.write(`listening on ${origins.join(' ')} (the token is in ${file})\n`);
  }
}

function collectCamera(value: string, before: [string, string][] = []): [string, string][] {
  const [, id = '', source = ''] = /^([^=]*)=(.*)$/s.exec(value) ?? [];
  if (id === '' || source === '')
    throw new InvalidArgumentError('It looks like ID=SOURCE, as in road=file:/path/video.mp4.');
  if (before.some(([other]) => other === id)) throw new InvalidArgumentError(`There is a camera "${id}" already.`);
  return [...before, [id, source]];
}

function parsePort(value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

/** Prints what a person can do something about in a line each, and the rest whole. */
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
    `bigfootbot-video: a mistake of this program: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(EXIT.internal);
}
