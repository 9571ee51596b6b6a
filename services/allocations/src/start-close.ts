import {
  cutoffOf,
  type Month,
  MonthCloseSchema,
  MonthSchema,
  monthOf,
  monthProgress,
  previousMonth,
  StartCloseSchema,
} from '@wewrite/contracts';
import {
  activeTraceparent,
  afterCommit,
  assert,
  identityOf,
  keepAnswer,
  problemResponses,
  Refusal,
  type Schedule,
  type Server,
} from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { z } from 'zod';
import { shutCloseGate } from './close-gate.ts';
import type { Context, MonthCloseTable, Schema } from './db.ts';
import { lockProgressMessage } from './events.ts';
import { isKnownMonth } from './known-month.ts';
import { lockLoops } from './lock-month.ts';
import { closeRunOf, isBackfill, monthsBetween } from './month-close.ts';
import { monthCloseAnswer } from './read-close.ts';
import { startRehearsal } from './start-rehearsal.ts';

/**
 * An admin starts the close of a month that is over; asked again, it answers how far the one close is (B2, B6). Months
 * before it that were missed are closed first (A8). Or has the close rehearsed, anew each time.
 */
export function startCloseByRequest(server: Server, context: Context): void {
  server.post(
    '/v1/months/:month/close',
    {
      schema: {
        summary: 'Start, resume or rehearse the close of a month',
        params: z.object({ month: MonthSchema }),
        body: StartCloseSchema,
        response: { 200: MonthCloseSchema, 202: MonthCloseSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request, reply) => {
      const asked = { month: request.params.month, startedBy: identityOf(request).userId };
      return context.database.transaction(async (tx) => {
        const start = request.body?.kind === 'rehearsal' ? startRehearsal : startClose;
        const close = await start(tx, context, asked);
        reply.status(close.state === 'locked' ? 200 : 202);
        return keepAnswer(tx, reply, await monthCloseAnswer(tx, close));
      });
    },
  );
}

/** Starts the close of the month before by itself, and of those before it that were missed (A8). */
export function closeSchedule(context: Context): Schedule {
  return {
    name: 'close_month',
    cron: context.config.CLOSE_CRON,
    catchUp: 'each',
    run: (dueAt) =>
      context.telemetry.span({ name: 'close month by schedule' }, async () => {
        const month = previousMonth(monthOf(dueAt));
        const known = await isKnownMonth(context.database.kysely, { month, running: monthOf(dueAt) });
        const asked = { month, startedBy: 'schedule' };
        if (known) await context.database.transaction((tx) => startClose(tx, context, asked));
        else context.log.info({ month }, 'nothing had begun in this month: there is nothing to close');
      }),
  };
}

/**
 * The one close of the month, made unless it is there, together with those of earlier months that were missed: the lock
 * takes open closes in order of month, since balances of writers go from one to the next.
 */
async function startClose(
  tx: Transaction<Schema>,
  context: Context,
  { month, startedBy }: { month: Month; startedBy: string },
): Promise<MonthCloseTable> {
  const started = await sql<MonthCloseTable>`select * from month_close where month = ${month}`.execute(tx);
  if (started.rows[0] !== undefined) return started.rows[0];
  const now = context.clock.now();
  if (now < cutoffOf(month)) {
    throw new Refusal('month_not_over', `${month} can be closed from ${cutoffOf(month).toISOString()} on.`);
  }
  if (!(await isKnownMonth(tx, { month, running: monthOf(now) }))) {
    throw new Refusal('unknown_month', `Nothing had begun in ${month}.`, { field: 'month' });
  }
  await shutCloseGate(tx);
  for (const missed of await missedMonths(tx, month)) await insertClose(tx, context, { month: missed, startedBy, now });
  return findClose(tx, month);
}

/** The months up to this one, from the first with a budget on, whose close has not been started, in order. */
async function missedMonths(tx: Transaction<Schema>, upTo: Month): Promise<Month[]> {
  const { rows } = await sql<{ first: Month | null; started: Month[] }>`
    select (select min(month) from budget) as first, array(select month from month_close) as started`.execute(tx);
  const [row] = rows;
  if (row === undefined || row.first === null) return [upTo];
  const started = new Set(row.started);
  return monthsBetween(row.first, upTo).filter((month) => !started.has(month));
}

async function findClose(tx: Transaction<Schema>, month: Month): Promise<MonthCloseTable> {
  const { rows } = await sql<MonthCloseTable>`select * from month_close where month = ${month}`.execute(tx);
  assert(rows[0] !== undefined, 'a close that has been started has a row');
  return rows[0];
}

/** Makes the close and tells of it. The gate is shut: nobody else makes one at the same time. */
async function insertClose(
  tx: Transaction<Schema>,
  { outbox, wake }: Context,
  { month, startedBy, now }: { month: Month; startedBy: string; now: Date },
): Promise<void> {
  const made = await sql<MonthCloseTable>`
    insert into month_close (month, run_id, cutoff, state, started_at, started_by, traceparent, progress_version,
      backfilled)
    values (${month}, ${closeRunOf(month).runId}, ${cutoffOf(month)}, 'waiting_for_funding', ${now}, ${startedBy},
      ${activeTraceparent()}, 1, ${isBackfill(month, now)})
    returning *`.execute(tx);
  const messages = made.rows.map((close) => lockProgressMessage(close, { at: now, booksVersion: null }));
  await outbox.emit(tx, monthProgress, messages);
  afterCommit(tx, () => wake(lockLoops.close));
}
