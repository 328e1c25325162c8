import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { camerasNamed, makeAccess } from './access/access.js';
import { CommandError, EXIT } from './cli/command-error.js';
import { planCameras } from './config/plan.js';
import { Cameras } from './domain/cameras.js';
import type { Config, System } from './domain/contract.js';
import { EventBus } from './domain/events.js';
import type { CameraPlan, IcePlan, MediaEvents } from './domain/ports.js';
import { Sessions } from './domain/sessions.js';
import { buildApp } from './http/app.js';
import { Ice } from './ice/ice.js';
import { WorkerEngine } from './media/engine.js';

export interface ServerOptions {
  host: string;
  /** 0 takes any free one. */
  port: number;
  limits: Config['limits'];
  protocol: Config['protocol'];
  access: Config['access'];
  /** The folder from which paths in the configuration count. */
  base: string;
  /** Null serves what is plugged in. */
  cameras: readonly CameraPlan[] | null;
  ice: IcePlan;
  /** The server's own. */
  token: string;
  logger: FastifyBaseLogger;
}

export interface Server {
  address: { host: string; port: number };
  close(): Promise<void>;
}

/** Joins the rooms, by hand: whatever is made here is closed here. */
export async function startServer({
  host,
  port,
  limits,
  protocol,
  access: accessSettings,
  base,
  cameras: wanted,
  ice: icePlan,
  token,
  logger,
}: ServerOptions): Promise<Server> {
  const startedAt = new Date();
  const ice = new Ice({ plan: icePlan, log: logger });
  const access = makeAccess({ settings: accessSettings, ownToken: token, base, log: logger });
  const engine = new WorkerEngine({
    iceSettings: () => ice.agentSettings(),
    lingerMs: limits.linger * 1000,
    log: logger,
    logFor: camera => logger.child({ camera }),
  });
  const events = new EventBus(logger);
  const sessions = new Sessions({ engine, events, log: logger, maxViewers: limits.viewers });
  const cameras = new Cameras(events, camera => sessions.viewersOf(camera));
  const mediaEvents: MediaEvents = {
    cameraChanged: (camera, status) => cameras.update(camera, status),
    sessionConnected: session => sessions.connected(session),
    sessionEnded: (session, reason, detail) => sessions.end(session, reason, detail),
    sessionMeasured: (session, stats) => sessions.measured(session, stats),
  };
  const system = (): System => ({
    version: VERSION,
    node: process.version,
    startedAt: startedAt.toISOString(),
    // Not by the clock: a robot's jumps when it finds the time.
    uptime: Math.round(process.uptime()),
    ...engine.machine(),
    ice: ice.status(),
  });
  try {
    const app = await buildApp({
      services: { cameras, sessions, events, protocol, ice, pictures: engine, system },
      access,
      limits,
      origins: accessSettings.origins,
      logger,
    });
    await listen(app, host, port);
    ice.start();
    for (const plan of wanted ?? (await pluggedIn(engine))) {
      cameras.add(plan);
      engine.add(plan, mediaEvents);
    }
    const known = new Set(cameras.list().map(({ id }) => id));
    for (const { camera, holder } of camerasNamed(accessSettings))
      if (!known.has(camera)) logger.warn({ camera, holder }, 'permission for a camera that is not there');
    return {
      address: { host, port: (app.server.address() as AddressInfo).port },
      close: async () => {
        sessions.close();
        ice.close();
        await Promise.all([engine.close(), app.close()]);
      },
    };
  } catch (error) {
    ice.close();
    await engine.close();
    throw error;
  }
}

const VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** Each V4L2 camera that is plugged in; the test camera where there is none. */
async function pluggedIn(engine: WorkerEngine): Promise<CameraPlan[]> {
  const devices = await engine.devices();
  if (devices.length === 0) return planCameras({ test: { source: 'test', name: 'Test picture' } as never }, '/');
  return devices.flatMap(({ device, name }) =>
    planCameras(
      {
        [device.replace(/^\/dev\//, '').replaceAll(/[^A-Za-z0-9_-]/g, '-')]: {
          source: `v4l2:${device}`,
          name: name.slice(0, 100),
        } as never,
      },
      '/',
    ),
  );
}

async function listen(app: Awaited<ReturnType<typeof buildApp>>, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    switch (code) {
      case 'EADDRINUSE':
        throw new CommandError(
          EXIT.unavailable,
          `port ${port} on ${host} is in use by another program (perhaps this one, started twice). Take another with --port, or 0 for any.`,
        );
      case 'EACCES':
        throw new CommandError(
          EXIT.unavailable,
          `port ${port} on ${host} may not be used by this user. Take one from 1024 with --port.`,
        );
      case 'EADDRNOTAVAIL':
      case 'ENOTFOUND':
        throw new CommandError(
          EXIT.unavailable,
          `this machine has no address "${host}" (${message}). Name one of its own with --host, or 0.0.0.0 for all.`,
        );
      default:
        throw error;
    }
  }
}
