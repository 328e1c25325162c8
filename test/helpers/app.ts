import type { FastifyBaseLogger, FastifyInstance, InjectOptions } from 'fastify';
import { pino } from 'pino';
import type { Test } from 'tap';
import { CameraReconciler } from '../../src/domain/camera-reconciler.js';
import { Cameras } from '../../src/domain/cameras.js';
import type { Config, System } from '../../src/domain/contract.js';
import type { CaptureDevice } from '../../src/domain/devices.js';
import { EventBus } from '../../src/domain/events.js';
import type { IceForClients } from '../../src/domain/ice.js';
import type { ServerCertificate } from '../../src/domain/server-certificate.js';
import { Sessions } from '../../src/domain/sessions.js';
import { makeAccess } from '../../src/server/access/access.js';
import type { Applier } from '../../src/server/config/active-config.js';
import { ConfigMemory } from '../../src/server/config/config-storage.js';
import { defaultConfig } from '../../src/server/config/load.js';
import { planForwarded } from '../../src/server/config/plan.js';
import { ConfigStore } from '../../src/server/config/store.js';
import { readControls, setControls } from '../../src/server/devices/controls.js';
import { buildApp } from '../../src/server/http/app.js';
import { LegacySignalingServer } from '../../src/server/legacy/signaling-server.js';
import { Metrics } from '../../src/server/metrics/metrics.js';
import { FakeEngine } from './fake-engine.js';
import { readOffer } from './fixtures.js';

export const TOKEN = 'the-token-of-this-test';
export const OFFER = readOffer('chromium-156');
export const PUBLISHING_OFFER = readOffer('chromium-156-publisher');

/** Cameras, as in a configuration file. */
const CAMERAS = `cameras:
  road: { source: 'rtsp://u:secret@192.0.2.7/s', name: The road }
  arm: { source: 'v4l2:/dev/video0', name: The arm }
  phone: { source: whip, name: The phone }
`;

export const SYSTEM: System = {
  version: '1.2.3',
  node: 'v20.0.0',
  startedAt: '2026-01-31T12:00:00.000Z',
  uptime: 42,
  gstreamer: '1.22.0',
  encoders: {
    state: 'done',
    selected: 'x264enc',
    tried: [{ element: 'x264enc', title: 'x264 (software)', outcome: 'selected', reason: 'it encodes' }],
  },
  ice: {
    servers: [
      {
        url: 'turn:turn.example.org?transport=udp',
        reachable: true,
        since: '2026-01-31T12:00:01.000Z',
        address: '192.0.2.9',
        roundTripMs: 12.5,
        error: null,
      },
    ],
    announce: [{ name: '203.0.113.7', addresses: ['203.0.113.7'], error: null }],
  },
};

export interface TestApp {
  app: FastifyInstance;
  engine: FakeEngine;
  cameras: Cameras;
  sessions: Sessions;
  events: EventBus;
  legacy: LegacySignalingServer;
  /** Asks with the token. */
  ask(method: string, url: string, more?: Partial<InjectOptions>): ReturnType<typeof inject>;
  /** Offers to watch a camera, as a player does. */
  offer(camera?: string, more?: Partial<InjectOptions>): ReturnType<typeof inject>;
  /** Offers to publish one. */
  publish(camera?: string, more?: Partial<InjectOptions>): ReturnType<typeof inject>;
  /** Listens; requests to its URL come over the network, as a client's do. */
  listen(): Promise<string>;
}

const inject = (app: FastifyInstance, options: InjectOptions) => app.inject(options);

/** Configuration that differs from the default, and where the log goes. */
export interface TestSettings {
  access?: Partial<Config['access']>;
  limits?: Partial<Config['limits']>;
  legacy?: Partial<Config['legacy']>;
  /** Of its clients. */
  pingMs?: number;
  protocol?: Partial<Config['protocol']>;
  links?: IceForClients['links'];
  /** For HTTPS. */
  certificate?: ServerCertificate;
  logger?: FastifyBaseLogger;
  /** What is plugged in. */
  devices?: readonly CaptureDevice[];
}

/** The HTTP side over an engine that answers at once; without a port, closed with the test. */
export async function testApp(t: Test, viewers = 5, settings: TestSettings = {}): Promise<TestApp> {
  const engine = new FakeEngine();
  engine.answersAtOnce = 'v=0\r\ns=the answer\r\n';
  const logger = settings.logger ?? pino({ level: 'silent' });
  const defaults = defaultConfig();
  const accessSettings = { ...defaults.access, ...settings.access };
  const events = new EventBus(logger);
  const sessions = new Sessions({ engine, events, log: logger, maxViewers: viewers });
  const cameras = new Cameras(events, camera => sessions.viewersOf(camera));
  const editor = new ConfigStore({ storage: new ConfigMemory('/config.yaml', CAMERAS), log: logger });
  const reconciler = new CameraReconciler({ cameras, sessions, engine, log: logger });
  const legacySettings = { ...defaults.legacy, ...settings.legacy };
  const legacy = new LegacySignalingServer({
    settings: legacySettings,
    cameras,
    sessions,
    connections: engine,
    events,
    setEphemeral: found => reconciler.setEphemeral(found.map(camera => planForwarded(camera, 'legacy'))),
    returnMs: () => 3_000,
    log: logger,
    ...(settings.pingMs === undefined ? {} : { pingMs: settings.pingMs }),
  });
  const applier: Applier = {
    prepare: next => () => {
      reconciler.apply(next.cameras.map(({ plan }) => plan));
      legacy.camerasChanged();
    },
    discover: async () => ({}),
    isPassthrough: camera => cameras.isPassthrough(camera),
  };
  await editor.start(applier, TOKEN);
  t.teardown(() => editor.close());
  const metrics = new Metrics({ cameras, sessions, events, engine, system: () => SYSTEM });
  t.teardown(() => metrics.close());
  const ice = { links: settings.links ?? (() => []) };
  const protocol = { ...defaults.protocol, ...settings.protocol };
  const app = await buildApp({
    services: {
      cameras,
      editor,
      sessions,
      events,
      protocol,
      ice,
      snapshots: engine,
      controls: { read: readControls, set: setControls },
      legacy,
      devices: () => settings.devices ?? [],
      system: () => SYSTEM,
      started: () => true,
      metrics,
      freshness: engine,
    },
    access: makeAccess({ settings: accessSettings, legacy: legacySettings, ownToken: TOKEN, base: '/', log: logger }),
    limits: { ...defaults.limits, ...settings.limits },
    origins: accessSettings.origins,
    certificate: settings.certificate ?? null,
    logger,
  });
  await app.ready();
  t.teardown(() => app.close());
  const authorization = `Bearer ${TOKEN}`;
  const ask: TestApp['ask'] = (method, url, more) =>
    inject(app, { method: method as 'GET', url, ...more, headers: { authorization, ...more?.headers } });
  const post = (url: string, payload: string, more?: Partial<InjectOptions>) =>
    ask('POST', url, { payload, ...more, headers: { 'content-type': 'application/sdp', ...more?.headers } });
  return {
    app,
    engine,
    cameras,
    sessions,
    events,
    legacy,
    ask,
    offer: (camera = 'road', more) => post(`/whep/${camera}`, OFFER, more),
    publish: (camera = 'phone', more) => post(`/whip/${camera}`, PUBLISHING_OFFER, more),
    listen: () => app.listen({ port: 0, host: '127.0.0.1' }),
  };
}

/** Waits until the engine has been asked for something. */
export async function untilJoined(engine: FakeEngine): Promise<void> {
  while (engine.joins.length === 0) await new Promise(resolve => setTimeout(resolve, 1));
}
