import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { ProblemSchema } from '@wewrite/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { Database } from '../database.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { Refusal } from '../refusal.ts';
import type { TechnicalTime } from '../technical-time.ts';
import type { Telemetry } from '../telemetry.ts';
import { bareServer, type Server } from './bare-server.ts';
import { answerOncePerKey } from './idempotency.ts';
import type { Identity, Role, VerifyToken } from './identity.ts';
import { withProblemMediaType } from './openapi.ts';
import { sendProblem } from './problem.ts';

export type { Server } from './bare-server.ts';

/** Who may call a route: anybody, or whoever holds one of the roles. Every route declares it, or the start fails. */
export type Access = 'public' | readonly Role[];

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    identity: Identity | null;
  }
}

/** The identity that the access check has established. */
export function identityOf(request: FastifyRequest): Identity {
  if (request.identity === null) throw new Error(`route ${request.routeOptions.url} is public and has no identity`);
  return request.identity;
}

/** The page at `/docs` loads and asks nothing but this server. Its script styles elements as it goes. */
const documentationPolicy = [
  "default-src 'self'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Builds a service's public server: problem+json, verified tokens, one span a request, OpenAPI at `/openapi.json` and `/docs`. */
export async function createServer(options: {
  service: string;
  version: string;
  verifyToken: VerifyToken;
  telemetry: Telemetry;
  log: Log;
  /** The document to serve instead of the one made from the routes. */
  openApi?: () => Promise<object>;
  /** Where answers of requests with an `Idempotency-Key` are kept; without it the header means nothing. */
  answers?: { readonly database: Database<unknown>; readonly time: TechnicalTime };
  metrics?: Pick<Metrics, 'answered'>;
  routes: (server: Server) => void | Promise<void>;
}): Promise<Server> {
  const server = bareServer(options.log);
  endKeptConnections(server);
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  server.removeContentTypeParser('text/plain');
  answerProblems(server, options.log);
  if (options.metrics !== undefined) countAnswers(server, options.metrics);
  checkAccess(server, options.verifyToken);
  if (options.answers !== undefined) answerOncePerKey(server, { ...options.answers, log: options.log });
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: `WeWrite ${options.service}`, version: options.version },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
    transform: jsonSchemaTransform,
    transformObject: withProblemMediaType,
  });
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { url: '/openapi.json' },
    staticCSP: documentationPolicy,
  });
  const openApi = options.openApi ?? (async () => server.swagger());
  server.get('/openapi.json', { schema: { hide: true }, config: { access: 'public' } }, openApi);
  await server.register(async (routes) => {
    await options.routes(traced(routes.withTypeProvider<ZodTypeProvider>(), options));
  });
  await server.ready();
  return server;
}

/** Listens and answers the base URL that it can be reached at. Port 0 takes any free one. */
export async function listen(server: FastifyInstance | Server, host: string, port: number): Promise<string> {
  await server.listen({ host, port });
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return `http://${host}:${address.port}`;
}

/** The answers that any route can give beside its own: spread into `schema.response`. */
export const problemResponses = {
  '4xx': ProblemSchema.describe('problem+json'),
  '5xx': ProblemSchema.describe('problem+json'),
} as const;

/**
 * Closing ends idle connections once, at its beginning. One whose request is under way then would be kept alive after the
 * answer, and the drain would wait for it to time out.
 */
function endKeptConnections(server: Server): void {
  server.addHook('preClose', async () => {
    server.server.keepAliveTimeout = 1;
  });
}

function answerProblems(server: Server, log: Log): void {
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, log));
  server.setNotFoundHandler((request, reply) =>
    sendProblem(
      new Refusal('not_found', `There is no ${request.method} ${request.url.split('?')[0]}.`),
      request,
      reply,
      log,
    ),
  );
}

function countAnswers(server: Server, metrics: Pick<Metrics, 'answered'>): void {
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const { statusCode: status, elapsedTime } = reply;
    metrics.answered({ method: request.method, route, status, seconds: elapsedTime / 1000 });
  });
}

function checkAccess(server: Server, verifyToken: VerifyToken): void {
  server.decorateRequest('identity', null);
  server.addHook('onRoute', (route) => {
    if (route.url.startsWith('/docs')) return;
    const access = route.config?.access;
    if (access === undefined) throw new Error(`${route.method} ${route.url} does not declare its access`);
    if (access === 'public') return;
    // What OpenAPI says of it, too: its bearer tokens know no roles, which an extension names.
    route.schema = { ...route.schema, security: [{ bearer: [] }], ...{ 'x-roles': access } };
  });
  server.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.access;
    if (access === undefined || access === 'public') return;
    const identity = await verifyToken(request.headers.authorization);
    if (!access.some((role) => identity.roles.has(role))) {
      throw new Refusal('forbidden', 'Your token does not have the role that this needs.');
    }
    request.identity = identity;
  });
}

/** Wraps each handler in a server span that continues the caller's trace. */
function traced<Instance extends FastifyInstance>(
  server: Instance,
  { telemetry, log }: { telemetry: Telemetry; log: Log },
): Instance {
  server.addHook('onRoute', (route) => {
    const { handler } = route;
    route.handler = function (request, reply) {
      const traceparent = request.headers.traceparent;
      return telemetry.span(
        {
          name: `${request.method} ${route.url}`,
          kind: 'server',
          parent: typeof traceparent === 'string' ? traceparent : null,
          attributes: { 'http.request.method': request.method, 'http.route': route.url },
        },
        async () => {
          try {
            return await handler.call(this, request, reply);
          } catch (error) {
            // Answered inside the span, so that the problem carries its trace id.
            return sendProblem(error, request, reply, log);
          }
        },
      );
    };
  });
  return server;
}
