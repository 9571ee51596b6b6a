import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Endpoint } from './endpoint.ts';
import { parseForm } from './form.ts';
import type { Reply, RequestDesk } from './request-desk.ts';
import { StripeFailure } from './stripe-failure.ts';

const pathParameters = z.object({ id: z.string().default('') });
const silenceMs = 120_000;

/** Puts Stripe's calls on a server: forms for v1, JSON for v2, queries for GET and DELETE. */
export function addStripeRoutes(
  server: FastifyInstance,
  endpoints: readonly Endpoint[],
  { desk, afterRequest }: { desk: RequestDesk; afterRequest: () => void },
): void {
  for (const endpoint of endpoints) {
    server.route({
      method: endpoint.method,
      url: endpoint.path,
      handler: async (request, reply) => {
        const answer = await desk.answer(endpoint, {
          path: request.url.split('?')[0] ?? request.url,
          id: pathParameters.parse(request.params).id,
          parameters: endpoint.method === 'POST' ? bodyOf(request) : request.query,
          authorization: request.headers.authorization,
          idempotencyKey: headerOf(request, 'idempotency-key'),
          version: headerOf(request, 'stripe-version'),
          account: headerOf(request, 'stripe-account'),
        });
        afterRequest();
        return send(reply, answer);
      },
    });
  }
  server.setNotFoundHandler((request, reply) => {
    const message = `Unrecognized request URL (${request.method}: ${request.url}).`;
    return reply.code(404).send({ error: { type: 'invalid_request_error', message } });
  });
}

/** Bodies stay text until the route says which language they speak. */
export function addBodyParsers(server: FastifyInstance): void {
  for (const type of ['application/x-www-form-urlencoded', 'application/json']) {
    server.removeContentTypeParser(type);
    server.addContentTypeParser(type, { parseAs: 'string' }, (_request, body, done) => done(null, body));
  }
}

function bodyOf(request: FastifyRequest): unknown {
  const text = typeof request.body === 'string' ? request.body : '';
  if (!request.url.startsWith('/v2/')) return parseForm(text);
  return text === '' ? {} : parseJson(text);
}

/** Reads a JSON body; what is not JSON is refused. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new StripeFailure(400, { type: 'invalid_request_error', message: 'Invalid JSON in the request body.' });
  }
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function send(reply: FastifyReply, answer: Reply): FastifyReply {
  switch (answer.kind) {
    case 'answer':
      return reply
        .code(answer.status)
        .headers({ 'content-type': 'application/json', ...answer.headers })
        .send(answer.body);
    case 'reset':
      reply.hijack();
      reply.raw.socket?.resetAndDestroy();
      return reply;
    case 'silence': {
      // The work is done, the caller never hears of it: it gives up when its own patience ends.
      reply.hijack();
      const { socket } = reply.raw;
      const timer = setTimeout(() => socket?.destroy(), silenceMs);
      reply.raw.once('close', () => clearTimeout(timer));
      return reply;
    }
  }
}
