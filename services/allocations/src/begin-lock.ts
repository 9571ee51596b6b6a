import type { Month } from '@wewrite/contracts';
import { type Kysely, sql } from 'kysely';
import { checkFunding } from './check-funding.ts';
import type { Context, MonthCloseTable, Schema } from './db.ts';
import { closeCandidates } from './read-page.ts';

/** True once billing has closed the month's funding and the budgets here add up to what it says (B7). */
export async function fundingIsComplete(database: Kysely<Schema>, month: Month): Promise<boolean> {
  return (await checkFunding(database, month)).state === 'complete';
}

/** Watches a close that waits for its funding, and reports it when that takes too long. */
export function waitAlarm({ database, time, log, config }: Context) {
  const alertMs = config.FUNDING_ALERT_MINUTES * 60_000;
  let waiting: { readonly month: Month; alertAtMs: number } | undefined;
  return {
    /** False as soon as there is nothing to wait for. */
    keepsWaiting: async ({ month }: MonthCloseTable): Promise<boolean> => {
      const check = await checkFunding(database.kysely, month);
      if (check.state === 'complete') return false;
      const nowMs = time.now().getTime();
      if (waiting?.month !== month) waiting = { month, alertAtMs: nowMs + alertMs };
      if (nowMs >= waiting.alertAtMs) {
        log.error({ month, check }, 'the close waits too long for its funding');
        waiting.alertAtMs = nowMs + alertMs;
      }
      return true;
    },
  };
}

/**
 * Lets the lock begin. The budgets are compared once more under the row lock of the close: from its commit on no message
 * changes them.
 */
export async function beginLock({ database }: Context, month: Month): Promise<boolean> {
  return database.transaction(async (tx) => {
    const { rows } = await sql<MonthCloseTable>`
      select * from month_close where month = ${month} and state = 'waiting_for_funding' for update skip locked`.execute(
      tx,
    );
    const close = rows[0];
    if (close === undefined || !(await fundingIsComplete(tx, month))) return false;
    const { planned, paid } = closeCandidates(close);
    await sql`
      update month_close set state = 'locking', candidates_expected = (
        select count(*) from (${planned} union ${paid}) as candidate
      )
      where month = ${month}`.execute(tx);
    return true;
  });
}
