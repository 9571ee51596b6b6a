import { cents, type MonthClose, MonthCloseSchema, MonthSchema, monthOf } from '@wewrite/contracts';
import { problemResponses, Refusal, type Server, traceIdOf } from '@wewrite/service-kit';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { isHeldUp } from './begin-lock.ts';
import type { Context, MonthCloseTable, Schema } from './db.ts';
import { isKnownMonth } from './known-month.ts';
import { lockedTotalsOf } from './month-close.ts';

/** How far the lock of a month is. */
export function readClose(server: Server, { database, clock }: Context): void {
  server.get(
    '/v1/months/:month/close',
    {
      schema: {
        summary: 'The close of a month',
        params: z.object({ month: MonthSchema }),
        response: { 200: MonthCloseSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async ({ params: { month } }) => {
      const { rows } = await sql<MonthCloseTable>`select * from month_close where month = ${month}`.execute(
        database.kysely,
      );
      if (rows[0] !== undefined) return monthCloseAnswer(database.kysely, rows[0]);
      if (!(await isKnownMonth(database.kysely, { month, running: monthOf(clock.now()) }))) {
        throw new Refusal('unknown_month', `Nothing has begun in ${month}.`, { field: 'month' });
      }
      throw new Refusal('not_found', `No close of ${month} has been started.`);
    },
  );
}

/** A close as the API answers it: whether it waits for another month is seen as of now. */
export async function monthCloseAnswer(database: Kysely<Schema>, close: MonthCloseTable): Promise<MonthClose> {
  const waits = close.kind === 'close' && close.state === 'waiting_for_funding';
  return {
    month: close.month,
    runId: close.run_id,
    kind: close.kind,
    state: waits && (await isHeldUp(database, close.month)) ? 'waiting_for_earlier_month' : close.state,
    cutoff: close.cutoff.toISOString(),
    startedAt: close.started_at.toISOString(),
    startedBy: close.started_by,
    lockedAt: close.locked_at?.toISOString() ?? null,
    chunks: close.chunks,
    totals: lockedTotalsOf(close),
    leftOut: { lines: close.left_out_lines, usdCents: cents(close.left_out_cents) },
    backfilled: close.backfilled ? { lines: close.lines } : null,
    traceId: close.traceparent === null ? null : traceIdOf(close.traceparent),
  };
}
