import { Readable } from 'node:stream';
import { activeTraceparent, type Log, Refusal, type Server, sendProblem, type VerifyToken } from '@wewrite/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Pool } from 'undici';
import { type RateTerms, rateHeaders, rateLimiter } from './rate-limit.ts';
import { isStreamOfEvents, ownerOf, type Upstreams } from './upstreams.ts';

/** Requests end soon; a few may wait for a connection. Streams stay open for minutes, each on a connection of its own. */
const requests = { connections: 128, waiting: 1_024 };
const streams = { connections: 4_096, waiting: 0 };
const answerTimeoutMs = 30_000;

/** Headers about one connection only (RFC 9110, 7.6.1): they end here, in both directions. */
const hopByHop = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export interface ForwardingParts {
  readonly verifyToken: VerifyToken;
  readonly log: Log;
  readonly rateTerms: RateTerms;
  /** Addresses without a limit. */
  readonly exempt: ReadonlySet<string>;
  /** Real milliseconds, for the rate limit. */
  readonly nowMs: () => number;
}

/**
 * Sends every `/v1/…` and `/webhooks/…` request, path and bytes unchanged, to the service that owns it. Tokens are
 * verified here so that strangers cost the services nothing; webhooks carry a signature instead, which billing verifies.
 */
export function forward(server: Server, upstreams: Upstreams, parts: ForwardingParts): void {
  const pools = new Map(Object.values(upstreams).map((url) => [url, poolOf(url, requests)]));
  const streamPools = new Map(Object.values(upstreams).map((url) => [url, poolOf(url, streams)]));
  server.addHook('onClose', async () => {
    await Promise.all([...pools.values(), ...streamPools.values()].map(({ pool }) => pool.destroy()));
  });
  const admit = admission(parts);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  for (const url of ['/v1/*', '/webhooks/*']) {
    server.route({
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url,
      schema: { hide: true },
      config: { access: 'public' },
      handler: async (request, reply) => {
        const [path = '/'] = (request.raw.url ?? '/').split('?');
        const owner = ownerOf(path);
        if (owner === null) throw new Refusal('not_found', `There is no ${request.method} ${path}.`);
        if (!path.startsWith('/webhooks/')) await admit(request, reply);
        const connected = (isStreamOfEvents(path) ? streamPools : pools).get(upstreams[owner]);
        if (connected === undefined) throw new Error(`${owner} has no pool of connections`);
        if (connected.isFull()) {
          void reply.header('retry-after', '1');
          throw new Refusal('unavailable', 'Too much is asked of the service for this: try again shortly.');
        }
        try {
          return await pass(connected.pool, request, reply);
        } catch (error) {
          parts.log.warn({ owner, error: String(error) }, 'a service did not answer');
          const refusal = new Refusal('unavailable', 'The service for this does not answer: try again shortly.');
          return sendProblem(refusal, request, reply, parts.log);
        }
      },
    });
  }
}

/** Lets in who has a valid token and is within the limit of the own rate. Throws the Refusal for who is not. */
function admission({ verifyToken, rateTerms, exempt, nowMs }: ForwardingParts) {
  const limit = rateLimiter(rateTerms);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { userId } = await verifyToken(request.headers.authorization);
    if (exempt.has(request.ip)) return;
    const verdict = limit(userId, nowMs());
    void reply.headers(rateHeaders(rateTerms, verdict));
    if (verdict.isAllowed) return;
    void reply.header('retry-after', String(verdict.retryAfterSeconds));
    throw new Refusal('rate_limited', `Slow down: ask again in ${verdict.retryAfterSeconds} s.`);
  };
}

function poolOf(url: string, { connections, waiting }: { connections: number; waiting: number }) {
  // A stream of events may be silent for long: only the beginning of an answer is waited for.
  const pool = new Pool(url, { connections, headersTimeout: answerTimeoutMs, bodyTimeout: 0 });
  return { pool, isFull: () => pool.stats.size >= connections + waiting };
}

async function pass(pool: Pool, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const traceparent = activeTraceparent();
  const answer = await pool.request({
    method: request.method,
    path: request.raw.url ?? '/',
    headers: { ...endToEnd(request.headers), ...(traceparent === null ? {} : { traceparent }) },
    body: isStream(request.body) ? request.body : null,
  });
  return reply.status(answer.statusCode).headers(endToEnd(answer.headers)).send(answer.body);
}

function endToEnd(headers: NodeJS.Dict<string | string[]>): Record<string, string | string[]> {
  const named = String(headers.connection ?? '')
    .toLowerCase()
    .split(',');
  const dropped = new Set([...hopByHop, ...named.map((name) => name.trim())]);
  const kept = Object.entries(headers).filter((pair): pair is [string, string | string[]] => pair[1] !== undefined);
  return Object.fromEntries(kept.filter(([name]) => !dropped.has(name)));
}

function isStream(body: unknown): body is Readable {
  return body instanceof Readable;
}
