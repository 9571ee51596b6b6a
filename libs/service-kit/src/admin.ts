import Fastify from 'fastify';
import { z } from 'zod';
import { type Clock, isSteered } from './clock.ts';
import type { IdleReport } from './idle-report.ts';
import type { Log } from './log.ts';
import { errorText } from './loop.ts';
import type { Metrics } from './metrics.ts';

const ReadingSchema = z.strictObject({ now: z.iso.datetime(), running: z.boolean() });

/** The operations port: liveness, readiness with its reasons, metrics, what is under way, and the steered clock. */
export function createAdminServer(options: {
  /** Reasons why the service is not ready; empty when it is. */
  notReady: () => Promise<readonly string[]>;
  idle: () => Promise<IdleReport>;
  metrics: Pick<Metrics, 'render' | 'contentType'>;
  clock: Clock;
  log: Log;
}) {
  const server = Fastify({ forceCloseConnections: true });
  server.setErrorHandler((error, request, reply) => {
    options.log.error({ error: errorText(error), url: request.url }, 'an operations request failed');
    return reply.status(500).send({ error: String(error) });
  });
  server.get('/livez', async () => ({ alive: true }));
  server.get('/readyz', async (_, reply) => {
    const reasons = await options.notReady();
    return reply.status(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons });
  });
  server.get('/idle', async () => options.idle());
  server.get('/metrics', async (_, reply) =>
    reply.type(options.metrics.contentType).send(await options.metrics.render()),
  );
  server.put('/clock', async (request, reply) => {
    const { clock } = options;
    if (!isSteered(clock)) return reply.status(409).send({ error: 'this process follows real time' });
    const reading = ReadingSchema.parse(request.body);
    clock.set({ now: new Date(reading.now), running: reading.running });
    return { now: clock.now().toISOString() };
  });
  return server;
}
