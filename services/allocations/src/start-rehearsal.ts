import { cutoffOf, type Month, monthOf, monthProgress } from '@wewrite/contracts';
import { activeTraceparent, afterCommit, assert, Refusal, type Schedule } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type { Context, MonthCloseTable, Schema } from './db.ts';
import { lockProgressMessage } from './events.ts';
import { isKnownMonth } from './known-month.ts';
import { lockLoops } from './lock-month.ts';

/** Rehearses the close of the running month by itself. Once the month is over, its close comes, and nothing is made up for. */
export function rehearsalSchedule(context: Context): Schedule {
  return {
    name: 'rehearse_month',
    cron: context.config.REHEARSAL_CRON,
    catchUp: 'latest',
    run: (dueAt) =>
      context.telemetry.span({ name: 'rehearse month by schedule' }, async () => {
        const month = monthOf(dueAt);
        if (month !== monthOf(context.clock.now())) return;
        await context.database.transaction((tx) => startRehearsal(tx, context, { month, startedBy: 'schedule' }));
      }),
  };
}

/**
 * A rehearsal of the month's close, in place of the one before, whose rows go. Lines are as they stand when they are
 * read, as of the cutoff when that is over, and paid budgets as they are known. Refused once the close has been started.
 */
export async function startRehearsal(
  tx: Transaction<Schema>,
  context: Context,
  { month, startedBy }: { month: Month; startedBy: string },
): Promise<MonthCloseTable> {
  const now = context.clock.now();
  if (!(await isKnownMonth(tx, { month, running: monthOf(now) }))) {
    throw new Refusal('unknown_month', `There is nothing to rehearse in ${month}.`, { field: 'month' });
  }
  const closed = await sql`select from month_close where month = ${month}`.execute(tx);
  if (closed.rows.length > 0) throw new Refusal('month_closed', `The close of ${month} has been started.`);
  // Two requests at once: one after the other, and the later one's rehearsal stays.
  await sql`lock table rehearsal in share row exclusive mode`.execute(tx);
  await sql`
    delete from outbox
    where split_part(blob_id, ':', 1) in (select run_id::text from rehearsal)`.execute(tx);
  await sql`delete from rehearsal`.execute(tx);
  const { rows } = await sql<MonthCloseTable>`
    insert into rehearsal (month, run_id, cutoff, state, started_at, started_by, traceparent, progress_version)
    values (${month}, ${context.ids.next()}, ${cutoffOf(month)}, 'waiting_for_funding', ${now}, ${startedBy},
      ${activeTraceparent()}, 1)
    returning *`.execute(tx);
  const [rehearsal] = rows;
  assert(rehearsal !== undefined, 'an insert returns its row');
  await context.outbox.emit(tx, monthProgress, [lockProgressMessage(rehearsal, { at: now, booksVersion: null })]);
  afterCommit(tx, () => context.wake(lockLoops.rehearsal));
  return rehearsal;
}
