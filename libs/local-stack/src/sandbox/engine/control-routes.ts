import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { SteeredClock } from './clock.ts';
import type { Faults } from './faults.ts';
import { faultOrder } from './faults.ts';
import { changeSettings, readSettings, settingsChange } from './settings.ts';
import type { Store } from './store.ts';
import { parseJson } from './stripe-routes.ts';
import type { TimeKeeper } from './time-keeper.ts';

const clockChange = z.strictObject({
  now: z.iso.datetime({ offset: true, error: 'now is an ISO instant' }),
  running: z.boolean().optional(),
});
const follower = z.strictObject({ url: z.url() });
const requestQuery = z.object({
  since: z.coerce.number().int().default(0),
  limit: z.coerce.number().int().default(100_000),
  path: z.string().optional(),
});

/** The calls that steer the sandbox itself: time, faults, and what it was asked. Not part of Stripe's API. */
export function addControlRoutes(
  server: FastifyInstance,
  parts: {
    store: Store;
    clock: SteeredClock;
    timeKeeper: TimeKeeper;
    faults: Faults;
    /** Work outstanding, and a counter that rises with each request and delivery. */
    activity: () => { pending: number; activity: number };
    onActivity: () => void;
  },
): void {
  const { store, clock, timeKeeper, faults } = parts;
  const time = () => ({ now: new Date(clock.nowMs()).toISOString(), running: clock.running });

  server.get('/idle', () => parts.activity());
  server.get('/clock', () => time());
  server.put('/clock', async (request, reply) => {
    const change = clockChange.parse(parseJson(String(request.body)));
    parts.onActivity();
    const moved = await timeKeeper.move(Date.parse(change.now), change.running);
    if (moved !== undefined) return moved;
    return reply.code(409).send({ error: `The clock is at ${time().now} and does not go back to ${change.now}.` });
  });
  server.post('/clock/register', (request) => {
    timeKeeper.follow(follower.parse(parseJson(String(request.body))).url);
    return time();
  });

  server.get('/_sandbox/settings', () => readSettings(store));
  server.post('/_sandbox/settings', (request) => {
    const change = settingsChange.parse(parseJson(String(request.body)));
    return store.transaction(() => changeSettings(store, change));
  });

  server.post('/_sandbox/faults', (request) => {
    const order = faultOrder.parse(parseJson(String(request.body)));
    faults.add(order);
    return order;
  });
  server.delete('/_sandbox/faults', () => {
    faults.clear();
    return {};
  });
  server.get('/_sandbox/requests', (request) => {
    const { since, limit, path } = requestQuery.parse(request.query);
    const rows = store.rows(
      'SELECT * FROM request WHERE sequence > ?1 AND (?2 IS NULL OR path = ?2) ORDER BY sequence LIMIT ?3',
      since,
      path ?? null,
      limit,
    );
    return { requests: rows.map(requestLine) };
  });
}

function requestLine(row: Record<string, unknown>) {
  return {
    sequence: row.sequence,
    requestId: row.request_id,
    method: row.method,
    path: row.path,
    parameters: JSON.parse(String(row.parameters)),
    idempotencyKey: row.idempotency_key,
    status: row.status,
    replayed: row.replayed === 1,
    at: new Date(Number(row.real_ms)).toISOString(),
  };
}
