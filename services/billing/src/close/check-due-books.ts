// B3, B5: who changes the books of a close that is over asks for a check, and does not wait for it: a run of batches is
// followed by one check of all the books, not each batch by one of its own.
import { type Month, month as monthFrom, type Run } from '@wewrite/contracts';
import { activeTraceparent, afterCommit, countParts, type Loop } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { BillingContext, BillingTransaction } from '../context.ts';
import type { BooksDueRow } from '../db.ts';
import { checkBooks } from './check-books.ts';
import { earningsBooks, payoutBooks } from './counters.ts';
import { sayProgress } from './say-progress.ts';

const lockKey = 7_117_204;
/** Checks that take longer come at a distance, so that large books are not checked most of the time. */
const quickMs = 100;
const restPerCheck = 9;

export function checkDueBooks(context: BillingContext): Loop {
  const { time } = context;
  let restUntilMs = 0;
  return {
    name: 'check_books',
    pollMs: 1_000,
    due: async () => {
      const { rows } = await sql<{ count: number }>`select count(*) as count from books_due`.execute(
        context.database.kysely,
      );
      return rows[0]?.count ?? 0;
    },
    step: async () => {
      const beganMs = time.now().getTime();
      if (beganMs < restUntilMs) return false;
      const due = await nextDue(context);
      if (due === undefined) return false;
      const isChecked = await context.telemetry.span({ name: 'check books', parent: due.traceparent }, () =>
        context.database.transaction((tx) => check(tx, context, due)),
      );
      const endedMs = time.now().getTime();
      const tookMs = endedMs - beganMs;
      restUntilMs = tookMs > quickMs ? endedMs + restPerCheck * tookMs : 0;
      return isChecked;
    },
  };
}

/** Asks for a check of a close's books. Make it the last thing that a transaction does. */
export async function askForCheck(
  tx: BillingTransaction,
  context: BillingContext,
  { runId, month, stage }: { readonly runId: string; readonly month: Month; readonly stage: BooksDueRow['stage'] },
): Promise<void> {
  await sql`
    insert into books_due as due (run_id, stage, month, traceparent)
    values (${runId}, ${stage}, ${month}, ${activeTraceparent()})
    on conflict (run_id, stage) do update set asked = due.asked + 1`.execute(tx);
  afterCommit(tx, () => context.wake('check_books'));
}

/**
 * Asks for checks of the months in which something was adjusted, those whose earnings are posted. Where it is none of them,
 * the newest month's: it states the balances, which are of all months.
 */
export async function askForChecksOf(
  tx: BillingTransaction,
  context: BillingContext,
  months: Iterable<Month>,
): Promise<void> {
  const { rows } = await sql<{ runId: string; month: string }>`
    with posted as (
      select run_id, month from completion where series = ${earningsBooks} and state = 'complete' and kind = 'close'
    ), adjusted as (
      select * from posted where month = any (${[...new Set(months)]}::text[])
    )
    select run_id as "runId", month from adjusted
    union all
    (select run_id, month from posted where not exists (select from adjusted) order by month desc limit 1)
    order by month`.execute(tx);
  for (const { runId, month } of rows) {
    await askForCheck(tx, context, { runId, month: monthFrom(month), stage: 'reversal_books' });
  }
}

async function nextDue({ database }: BillingContext): Promise<BooksDueRow | undefined> {
  return database.kysely
    .selectFrom('books_due')
    .selectAll()
    .orderBy('month')
    .orderBy('stage')
    .limit(1)
    .executeTakeFirst();
}

/**
 * Whoever asked before the mark was read has committed by then, and is seen; who asks later changes the mark. False when
 * another replica is at a check.
 */
async function check(tx: BillingTransaction, context: BillingContext, due: BooksDueRow): Promise<boolean> {
  const { rows } = await sql<{ isMine: boolean }>`select pg_try_advisory_xact_lock(${lockKey}) as "isMine"`.execute(tx);
  if (rows[0]?.isMine !== true) return false;
  const run: Run = { runId: due.run_id, kind: 'close', month: monthFrom(due.month) };
  if (due.stage === 'payout_books') await checkPayouts(tx, context, run);
  else await checkBooks(tx, context, { run, stage: due.stage });
  await tx
    .deleteFrom('books_due')
    .where('run_id', '=', due.run_id)
    .where('stage', '=', due.stage)
    .where('asked', '=', due.asked)
    .execute();
  return true;
}

/** How many payouts are expected, the payouts service knows. What is settled meanwhile is said with the next check. */
async function checkPayouts(tx: BillingTransaction, context: BillingContext, run: Run): Promise<void> {
  const { rows } = await sql<{ done: readonly (number | string)[] }>`
    select done from completion where run_id = ${run.runId} and series = ${payoutBooks}`.execute(tx);
  const [done = 0, netCents = 0, processingFeeCents = 0] = rows[0]?.done.map(Number) ?? [];
  const booksVersion = await checkBooks(tx, context, { run, stage: 'payout_books' });
  const at = context.clock.now();
  const { version } = await countParts(tx, { run, series: payoutBooks, counts: [0, 0, 0], at });
  await sayProgress(tx, context, {
    run,
    step: 'payout_books',
    expected: null,
    done,
    sums: { netCents, processingFeeCents },
    state: 'running',
    version,
    booksVersion,
  });
}
