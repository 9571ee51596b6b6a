import { randomBytes } from 'node:crypto';
import Fastify from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Log } from '../log.ts';
import { traceIdOf } from '../telemetry.ts';
import { sendProblem } from './problem.ts';

/** fastify with zod schemas: `server.get('/v1/…', { schema: { response: { 200: … } }, config: { access: ['admin'] } }, handler)`. */
export type Server = ReturnType<typeof bareServer>;

const bodyLimitBytes = 1024 * 1024;

/** fastify with the house's limits and trace ids, before it has schemas, access checks or routes. */
export function bareServer(log: Log) {
  return Fastify({
    // Errors before any route is found, e.g. a path with a malformed escape.
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply, log),
    bodyLimit: bodyLimitBytes,
    routerOptions: { maxParamLength: 400 },
    forceCloseConnections: 'idle',
    // Answers name a trace id also where a request is refused before its span begins.
    genReqId: (request) => traceIdOf(String(request.headers.traceparent ?? '')) || randomBytes(16).toString('hex'),
  }).withTypeProvider<ZodTypeProvider>();
}
