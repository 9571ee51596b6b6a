import { type Month, monthProgress } from '@wewrite/contracts';
import { type Kysely, sql, type Transaction } from 'kysely';
import { checkFunding, type FundingCheck } from './check-funding.ts';
import { closeTables } from './close-tables.ts';
import type { Context, MonthCloseTable, Schema } from './db.ts';
import { lockProgressMessage } from './events.ts';
import { closeCandidates } from './read-page.ts';
import { isTurnDue } from './turn-plans.ts';

/**
 * What a close waits for: an earlier month's late close (A8), its plans (A9), and its funding (B7). A rehearsal takes them as
 * they are known.
 */
export async function checkWaitOf(database: Kysely<Schema>, close: MonthCloseTable): Promise<WaitCheck> {
  if (close.kind === 'rehearsal') return { state: 'complete' };
  if (await isHeldUp(database, close.month)) return { state: 'earlier_month' };
  return (await isTurnDue(database, close.month)) ? { state: 'plans_to_turn' } : checkFunding(database, close.month);
}

/** A plan that is still to be turned would change lines that are frozen; none is made so any more, once the month is over. */
type WaitCheck = FundingCheck | { readonly state: 'earlier_month' | 'plans_to_turn' };

/**
 * Whether a month before it was closed late, and still goes on. On time a month's payouts are made long before the next is
 * locked; those of missed months would meet: a writer's next payout find the one before under way, and storage be funded for
 * both at once. What waits for money or for a person holds nothing up: payouts keeps such months apart.
 */
export async function isHeldUp(database: Kysely<Schema>, month: Month): Promise<boolean> {
  const { rows } = await sql<{ open: boolean }>`
    select exists (
      select from month_close where month < ${month} and backfilled and not reconciled and not stalled
    ) as open`.execute(database);
  return rows[0]?.open === true;
}

/**
 * Lets the lock begin once billing has closed the month's funding and the budgets here add up to what it says (B7). They
 * are compared under the row lock of the close: from this commit on no message changes them. Answers what was found, or
 * null when another instance is at it.
 */
export async function beginLock(context: Context, { kind, month }: MonthCloseTable): Promise<WaitCheck | null> {
  return context.database.transaction(async (tx) => {
    const { rows } = await sql<MonthCloseTable>`
      select * from ${closeTables(kind).close}
      where month = ${month} and state = 'waiting_for_funding' for update skip locked`.execute(tx);
    const close = rows[0];
    if (close === undefined) return null;
    const check = await checkWaitOf(tx, close);
    if (check.state === 'complete') await countCandidates(tx, context, close);
    return check;
  });
}

async function countCandidates(
  tx: Transaction<Schema>,
  { clock, outbox }: Context,
  close: MonthCloseTable,
): Promise<void> {
  const { planned, paid } = closeCandidates(close);
  const { rows } = await sql<MonthCloseTable>`
    update ${closeTables(close.kind).close} set state = 'locking', progress_version = progress_version + 1, candidates_expected = (
      select count(*) from (${planned} union ${paid}) as candidate
    ) ${close.kind === 'rehearsal' ? budgetChanges(close.month) : sql``}
    where month = ${close.month} returning *`.execute(tx);
  const begun = rows.map((row) => ({
    ...lockProgressMessage(row, { at: clock.now(), booksVersion: null }),
    traceparent: row.traceparent,
  }));
  await outbox.emit(tx, monthProgress, begun);
}

/** Counted before the first budget is read: billing counts its own later, and where both are equal, all were read as they are. */
function budgetChanges(month: Month) {
  return sql`, budget_changes = (select coalesce(sum(version), 0)::bigint from budget where month = ${month})`;
}

/** Reports a close that waits for too long before its lock, and again after as long. */
export function waitAlarm({ time, log, config }: Context) {
  const alertMs = config.FUNDING_ALERT_MINUTES * 60_000;
  let waiting: { readonly month: string; alertAtMs: number } | undefined;
  return {
    waits: ({ month }: MonthCloseTable, check: WaitCheck): void => {
      const nowMs = time.now().getTime();
      if (waiting?.month !== month) waiting = { month, alertAtMs: nowMs + alertMs };
      if (nowMs < waiting.alertAtMs) return;
      log.error({ month, check }, 'the close waits too long');
      waiting.alertAtMs = nowMs + alertMs;
    },
  };
}
