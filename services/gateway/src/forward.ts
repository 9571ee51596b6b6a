import replyFrom from '@fastify/reply-from';
import { activeTraceparent, type Log, Refusal, type Server, sendProblem, type VerifyToken } from '@wewrite/service-kit';
import { ownerOf, type Upstreams } from './upstreams.ts';

const upstreamTimeoutMs = 30_000;

/**
 * Sends every `/v1/…` and `/webhooks/…` request, bytes unchanged, to the service that owns it. Tokens are verified here
 * so that strangers cost the services nothing; webhooks carry a signature instead, which billing verifies.
 */
export async function forward(
  server: Server,
  upstreams: Upstreams,
  parts: { verifyToken: VerifyToken; log: Log },
): Promise<void> {
  await server.register(replyFrom, {
    undici: { connections: 128, pipelining: 1, headersTimeout: upstreamTimeoutMs, bodyTimeout: 0 },
    disableRequestLogging: true,
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  for (const url of ['/v1/*', '/webhooks/*']) {
    server.route({
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url,
      schema: { hide: true },
      config: { access: 'public' },
      handler: async (request, reply) => {
        const path = request.raw.url ?? '/';
        const owner = ownerOf(path.split('?')[0] ?? '/');
        if (owner === null) throw new Refusal('not_found', `There is no ${request.method} ${path.split('?')[0]}.`);
        if (!path.startsWith('/webhooks/')) await parts.verifyToken(request.headers.authorization);
        const traceparent = activeTraceparent();
        return reply.from(`${upstreams[owner]}${path}`, {
          rewriteRequestHeaders: (_, headers) => (traceparent === null ? headers : { ...headers, traceparent }),
          onError: (_, { error }) => {
            parts.log.warn({ owner, error: String(error) }, 'a service did not answer');
            const refusal = new Refusal('unavailable', `The service for this does not answer: try again shortly.`);
            sendProblem(refusal, request, reply, parts.log);
          },
        });
      },
    });
  }
}
