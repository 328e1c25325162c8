import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import glue from 'fastify-openapi-glue';
import { CONTRACT_FILE, type Contract, methodsOf, readContract } from '../../contract/contract.js';
import type { Access } from '../../domain/access.js';
import type { ServerCertificate } from '../../domain/server-certificate.js';
import { MAX_BODY } from './body-kinds.js';
import { cameraOperations } from './handlers/cameras.js';
import { controlOperations } from './handlers/controls.js';
import { deviceOperations } from './handlers/devices.js';
import { eventOperations } from './handlers/events.js';
import { legacyOperations } from './handlers/legacy.js';
import { liveEventOperations } from './handlers/live-events.js';
import { metricsOperations } from './handlers/metrics.js';
import { sessionOperations } from './handlers/sessions.js';
import { snapshotOperations } from './handlers/snapshots.js';
import { systemOperations } from './handlers/system.js';
import { whepOperations } from './handlers/whep.js';
import { whipOperations } from './handlers/whip.js';
import type { Services } from './operations.js';
import { answerUrlTokens, guard } from './plugins/access.js';
import { parseBodies } from './plugins/bodies.js';
import { sendBrowserHeaders } from './plugins/browser.js';
import { handleErrors, pathOf, send } from './plugins/errors.js';
import { type Limits, limitRequests } from './plugins/limits.js';
import { requestIdOf, sendRequestIds } from './plugins/request-id.js';
import { acceptUpgrades, rewriteLegacyAddress } from './plugins/upgrades.js';
import { moveTokenFromPath } from './plugins/url-token.js';
import { validate } from './plugins/validation.js';
import { problem } from './problems.js';
import { serveProblemsPage } from './problems-page.js';
import {
  CONNECTION_MS,
  connectionLimit,
  HEADERS,
  KEEP_ALIVE_MS,
  REQUEST_MS,
  refuseConnection,
  tlsServer,
} from './servers.js';

export interface AppOptions {
  services: Services;
  access: Access;
  limits: Readonly<Limits>;
  /** Origins of the web pages that may call this server; `*` for any. */
  origins: readonly string[];
  /** For HTTPS; null for HTTP. */
  certificate: ServerCertificate | null;
  logger: FastifyBaseLogger;
}

const DASHBOARD = fileURLToPath(new URL('../../../web/', import.meta.url));

/** The HTTP server, not yet listening. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { services, access, limits, origins, certificate, logger } = options;
  const contract = readContract();
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request' }),
    genReqId: requestIdOf,
    bodyLimit: MAX_BODY,
    requestTimeout: REQUEST_MS,
    http: HEADERS,
    connectionTimeout: CONNECTION_MS,
    trustProxy: address => access.isProxy(address),
    keepAliveTimeout: KEEP_ALIVE_MS,
    ...(certificate ? { serverFactory: tlsServer(certificate) } : {}),
    forceCloseConnections: true,
    clientErrorHandler: refuseConnection,
    // A URL that cannot be decoded matches no route, so no error handler runs.
    frameworkErrors: (_error, request, reply) =>
      void send(
        reply.header('X-Request-Id', request.id),
        problem('bad-request', `"${pathOf(request)}" is not a valid URL.`),
      ),
    rewriteUrl: raw => rewriteLegacyAddress(raw, moveTokenFromPath(raw)),
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
  });
  const maxConnections = connectionLimit();
  if (maxConnections !== undefined) app.server.maxConnections = maxConnections;
  // A closed connection has no remote address, and nobody reads the answer.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.raw.socket.remoteAddress !== undefined) return done();
    reply.hijack();
    request.raw.destroy();
  });
  handleErrors(app);
  sendRequestIds(app);
  validate(app);
  app.addHook('onResponse', async (request, reply) => {
    request.log.debug(
      {
        method: request.method,
        path: request.routeOptions.url ?? 'unknown',
        by: request.grant?.name,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    );
  });
  parseBodies(app, contract);
  await sendBrowserHeaders(app, origins, certificate);
  await acceptUpgrades(app, contract);
  // After CORS, so that a page of another origin can read why it was refused.
  const wrongTokens = await limitRequests(app, limits);
  guard(app, contract, access, wrongTokens);
  answerUrlTokens(app, access);
  await serveOperations(app, contract, { services, access, origins });
  serveProblemsPage(app);
  await serveDocs(app);
  if (existsSync(DASHBOARD))
    await app.register(fastifyStatic, { root: DASHBOARD, cacheControl: true, maxAge: 0, etag: true });
  return app;
}

async function serveOperations(
  app: FastifyInstance,
  contract: Contract,
  { services, access, origins }: Pick<AppOptions, 'services' | 'access' | 'origins'>,
): Promise<void> {
  const operations: Readonly<Record<string, unknown>> = {
    ...cameraOperations(services),
    ...controlOperations(services),
    ...deviceOperations(services),
    ...sessionOperations(services),
    ...systemOperations(services),
    ...metricsOperations(services),
    ...whepOperations(services),
    ...whipOperations(services),
    ...eventOperations(services, app),
    ...liveEventOperations(services, app, origins),
    ...legacyOperations(services, app, access, origins),
    ...snapshotOperations(services, app),
  };
  await app.register(glue, {
    specification: contract as object,
    operationResolver: (operationId: string) => {
      const operation = operations[operationId];
      if (operation === undefined)
        throw new Error(`the contract has an operation "${operationId}" that is not implemented`);
      return operation as never;
    },
  });
  for (const { url, allowed, others } of methodsOf(contract)) {
    app.route({
      method: others,
      url,
      schema: { hide: true },
      // Before the body is read, so that its type does not matter.
      onRequest: async (request, reply) =>
        send(
          reply.header('Allow', allowed.join(', ')),
          problem('method-not-allowed', `${request.method} is not allowed here.`, `Use ${allowed.join(', ')}.`),
        ),
      handler: () => undefined,
    });
  }
}

async function serveDocs(app: FastifyInstance): Promise<void> {
  const path = fileURLToPath(CONTRACT_FILE);
  await app.register(swagger, {
    mode: 'static',
    specification: { path, baseDir: fileURLToPath(new URL('.', CONTRACT_FILE)) },
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: false });
}
