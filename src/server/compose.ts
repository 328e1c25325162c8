import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { CameraReconciler } from '../domain/camera-reconciler.js';
import { Cameras } from '../domain/cameras.js';
import { CommandError, EXIT } from '../domain/command-error.js';
import type { System } from '../domain/contract.js';
import { EventBus } from '../domain/events.js';
import { assessHealth, type Health } from '../domain/health.js';
import { live } from '../domain/live.js';
import { withFields } from '../domain/log.js';
import type { MediaEvents } from '../domain/media-engine.js';
import { Sessions } from '../domain/sessions.js';
import { planForwarded } from './config/plan.js';
import type { ConfigStore } from './config/store.js';
import { applyControls, readControls, setControls } from './devices/controls.js';
import { DeviceWatch } from './devices/device-watch.js';
import { PluggedIn } from './devices/plugged-in.js';
import { DEVICE_PATHS, type DevicePaths } from './devices/sysfs.js';
import { buildApp } from './http/app.js';
import { LegacySignalingServer } from './legacy/signaling-server.js';
import { WorkerEngine, type WorkerEngineOptions } from './media/engine.js';
import { Metrics } from './metrics/metrics.js';
import { Settings } from './settings.js';
import type { CertificateFacts } from './tls/certificate-facts.js';

export interface ServerOptions {
  host: string;
  /** 0 for any free port. */
  port: number;
  config: ConfigStore;
  /** The folder against which paths in the configuration are resolved. */
  base: string;
  /** The server's own token. */
  token: string;
  logger: FastifyBaseLogger;
  /** The minimum log level; null for the configured one. */
  logLevel?: string | null;
  /** Makes what runs the cameras; by default each has its own process. */
  makeEngine?: (options: WorkerEngineOptions) => Engine;
  /** Where V4L2 devices are; by default those of this machine. */
  devicePaths?: DevicePaths;
  /** Aborts the start: what has started is closed, and the start fails with the signal's reason. */
  signal?: AbortSignal;
}

/** The part of WorkerEngine that the server uses. */
export type Engine = Pick<WorkerEngine, keyof WorkerEngine>;

export interface Server {
  address: { host: string; port: number };
  /** Null for plain HTTP. */
  certificate: CertificateFacts | null;
  health(): Health;
  close(): Promise<void>;
}

/**
 * Composes the server by hand: what is created here is closed here, also when a later step of the start fails.
 * @throws CommandError, and the reason of `signal`
 */
export async function startServer({
  host,
  port,
  config,
  base,
  token,
  logger,
  logLevel = null,
  makeEngine = options => new WorkerEngine(options),
  devicePaths = DEVICE_PATHS,
  signal = new AbortController().signal,
}: ServerOptions): Promise<Server> {
  const startedAt = new Date();
  const settings = new Settings({ running: config.running, base, token, log: logger });
  const limits = live(() => settings.config.limits);
  const mediaEvents: MediaEvents = {
    cameraChanged: (camera, status) => cameras.update(camera, status),
    sessionConnected: session => sessions.connected(session),
    sessionSending: session => sessions.sending(session),
    sessionEnded: (session, reason, detail) => sessions.end(session, reason, detail),
    sessionMeasured: (session, stats) => sessions.measured(session, stats),
    senderWanted: (camera, wanted) => legacy.senderWanted(camera, wanted),
  };
  const engine = makeEngine({
    iceSettings: () => settings.ice.agentSettings(),
    applyControls,
    limits: () => ({
      lingerMs: limits.linger * 1000,
      publisherReturnMs: limits.publisherReturn * 1000,
      encoders: limits.encoders ?? null,
    }),
    events: mediaEvents,
    log: logger,
    logFor: camera => withFields(logger, { camera }),
  });
  const events = new EventBus(logger);
  const sessions = new Sessions({
    engine,
    events,
    log: logger,
    get maxViewers() {
      return limits.viewers;
    },
  });
  const cameras = new Cameras(events, camera => sessions.viewersOf(camera));
  const reconciler = new CameraReconciler({ cameras, sessions, engine, log: logger });
  const legacy = new LegacySignalingServer({
    settings: live(() => settings.config.legacy),
    cameras,
    sessions,
    connections: engine,
    events,
    setEphemeral: found => reconciler.setEphemeral(found.map(camera => planForwarded(camera, 'legacy'))),
    returnMs: () => limits.publisherReturn * 1000,
    log: logger,
  });
  const pluggedIn = new PluggedIn();
  const devices = new DeviceWatch({
    devicePaths,
    log: logger,
    onChange: list => {
      engine.setDevices(list);
      config.rediscover();
    },
  });
  const system = (): System => ({
    version: VERSION,
    node: process.version,
    startedAt: startedAt.toISOString(),
    // Not by the clock: a robot's clock jumps when it is synchronised.
    uptime: Math.round(process.uptime()),
    ...engine.machine(),
    ice: settings.ice.status(),
  });
  const setLevel = (level: string): void => {
    const before = logger.level;
    if (level === before) return;
    // At the more verbose of the two levels.
    logger.info({ before, level }, 'log level changed');
    logger.level = level;
    if (!INFO_OR_LOWER.has(before)) logger.info({ before, level }, 'log level changed');
  };
  const metrics = new Metrics({ cameras, sessions, events, engine, system });
  let started = false;
  let app: FastifyInstance | null = null;
  const close = async (): Promise<void> => {
    sessions.close();
    metrics.close();
    settings.close();
    devices.close();
    // First, so that no camera starts during shutdown.
    await config.close();
    await Promise.all([engine.close(), app?.close()]);
  };
  try {
    signal.throwIfAborted();
    app = await buildApp({
      services: {
        cameras,
        editor: config,
        sessions,
        events,
        protocol: live(() => settings.config.protocol),
        snapshots: engine,
        controls: { read: readControls, set: setControls },
        legacy,
        devices: () => devices.list(),
        ice: { links: client => settings.ice.links(client) },
        system,
        started: () => started,
        metrics,
        freshness: engine,
      },
      access: live(() => settings.access),
      limits,
      origins: live(() => settings.config.access.origins),
      certificate: settings.certificate,
      logger,
    });
    await beforeAbort(listen(app, host, port), signal);
    settings.start();
    // A device whose driver hangs must block neither the other cameras nor the abort of the start.
    const known = beforeAbort(devices.start(), signal).then(() => engine.setDevices(devices.list()));
    // Awaited below, if the start gets there.
    known.catch(() => undefined);
    await config.start(
      {
        prepare: (next, reload) => {
          const activate = settings.prepare(next, reload);
          return () => {
            activate();
            setLevel(logLevel ?? next.config.log.level);
            engine.limitsChanged();
            legacy.settingsChanged();
            const changes = reconciler.apply(next.cameras.map(({ plan }) => plan));
            legacy.camerasChanged();
            if (Object.values(changes).some(ids => ids.length > 0)) logger.info(changes, 'cameras reconfigured');
          };
        },
        discover: async () => {
          await known;
          return pluggedIn.cameras(devices.list());
        },
        isPassthrough: camera => cameras.isPassthrough(camera),
      },
      token,
    );
    signal.throwIfAborted();
    started = true;
    await known;
    const { server } = app;
    return {
      address: { host, port: (server.address() as AddressInfo).port },
      certificate: settings.certificate?.facts ?? null,
      health: () =>
        assessHealth({
          isListening: server.listening,
          unsupervised: engine.unsupervised(),
          cameras: cameras.list(),
        }),
      close,
    };
  } catch (error) {
    // A second error must not hide the first.
    await close().catch(err => logger.error({ err }, 'cleanup after failed start failed'));
    throw error;
  }
}

/** Waits for a step, unless the signal aborts first. @throws the signal's reason */
async function beforeAbort<T>(step: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([step, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Log levels that include `info`. */
const INFO_OR_LOWER: ReadonlySet<string> = new Set(['info', 'debug', 'trace']);

const VERSION = (
  JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    switch (code) {
      case 'EADDRINUSE':
        throw new CommandError(
          EXIT.unavailable,
          `port ${port} on ${host} is in use by another program, or this one was started twice. Use another with --port, or 0 for any.`,
        );
      case 'EACCES':
        throw new CommandError(
          EXIT.unavailable,
          `this user may not use port ${port} on ${host}. Use one from 1024 on with --port.`,
        );
      case 'EADDRNOTAVAIL':
      case 'ENOTFOUND':
        throw new CommandError(
          EXIT.unavailable,
          `this machine has no address "${host}" (${message}). Use one of its own with --host, or 0.0.0.0 for all.`,
        );
      default:
        throw error;
    }
  }
}
