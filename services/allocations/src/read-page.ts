import type { Cents, UserId } from '@wewrite/contracts';
import { assert } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type { Context, MonthCloseTable, Schema } from './db.ts';
import { leaveOut, type SortedLines } from './leave-out.ts';
import type { SupporterColumns } from './locked-chunk.ts';
import { laterMonths } from './month-close.ts';
import { maximumAllocations } from './plan.ts';
import { readLinesAtCutoff } from './read-lines.ts';
import { writersClosedAt } from './writer-state.ts';

/** Supporters in order of user id with all their lines, those that are left out by themselves (A11). */
export interface Page extends SortedLines {
  readonly supporters: SupporterColumns;
}

/** The next supporters of a close: as many as the limits of a chunk allow, at least one if there is one. */
export async function readPage(
  tx: Transaction<Schema>,
  { config, clock }: Context,
  close: MonthCloseTable,
): Promise<Page> {
  await readInIndexOrder(tx);
  const supporters = await readSupporters(tx, close, config.CHUNK_SUPPORTERS);
  const limit = config.CHUNK_LINES + maximumAllocations;
  const upToUserId = supporters.userIds.at(-1) ?? close.after_user_id;
  const lines = await readLinesAtCutoff(tx, {
    month: close.month,
    cutoff: close.cutoff,
    laterMonths: laterMonths(close.month, clock.now()),
    range: { afterUserId: close.after_user_id, upToUserId, limit },
  });
  const sorted = leaveOut(lines, await writersClosedAt(tx, close.cutoff, lines.recipientUserIds));
  const lastUserId = lines.userIds.at(-1);
  if (lastUserId === undefined || lines.userIds.length < limit) return { supporters, ...sorted };
  // The last supporter's lines may go on beyond the limit; the first one's cannot (A4).
  const complete = supporters.userIds.indexOf(lastUserId);
  assert(complete > 0, 'a page of lines ends with one of its supporters, and not with the first');
  return { supporters: firstOf(supporters, complete), ...sorted };
}

/** Everybody who may belong to a close: who had a plan before the cutoff, or paid for the month. Neither changes any more. */
export function closeCandidates(close: Pick<MonthCloseTable, 'month' | 'cutoff'>) {
  return {
    planned: sql`select user_id from plan where first_changed_at < ${close.cutoff}`,
    paid: sql`select user_id from budget where month = ${close.month} and paid_cents > 0`,
  };
}

/**
 * Every read of a page follows an index and stops at its limit. Left to itself, with statistics from before the month's
 * growth, the planner reads and sorts all that is left for each page, and the close becomes quadratic.
 */
async function readInIndexOrder(tx: Transaction<Schema>): Promise<void> {
  await sql`
    select set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true),
      set_config('enable_seqscan', 'off', true), set_config('enable_hashagg', 'off', true)`.execute(tx);
}

interface SupporterRow {
  readonly user_id: UserId;
  readonly paid_cents: Cents;
  readonly invoice_ids: readonly string[];
}

async function readSupporters(
  tx: Transaction<Schema>,
  close: MonthCloseTable,
  limit: number,
): Promise<SupporterColumns> {
  const { planned, paid } = closeCandidates(close);
  const next = sql`and user_id > ${close.after_user_id} order by user_id limit ${limit}`;
  const { rows } = await sql<SupporterRow>`
    select candidate.user_id, coalesce(paid_cents, 0) as paid_cents, coalesce(invoice_ids, '{}') as invoice_ids
    from ((${planned} ${next}) union (${paid} ${next}) order by user_id limit ${limit}) as candidate
    left join lateral (
      select paid_cents, invoice_ids from budget
      where month = ${close.month} and budget.user_id = candidate.user_id limit 1
    ) as budget on true
    order by user_id`.execute(tx);
  return {
    userIds: rows.map((row) => row.user_id),
    paidCents: rows.map((row) => row.paid_cents),
    invoiceIds: rows.map((row) => row.invoice_ids),
  };
}

function firstOf(supporters: SupporterColumns, count: number): SupporterColumns {
  return {
    userIds: supporters.userIds.slice(0, count),
    paidCents: supporters.paidCents.slice(0, count),
    invoiceIds: supporters.invoiceIds.slice(0, count),
  };
}
