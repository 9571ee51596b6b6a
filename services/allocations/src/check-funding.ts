import { fundingHash, type Month } from '@wewrite/contracts';
import { type Kysely, sql } from 'kysely';
import type { Schema } from './db.ts';

/** How a month's budgets compare with what billing says that they add up to (B7). */
export type FundingCheck =
  | { readonly state: 'complete' }
  | { readonly state: 'not_closed' }
  | { readonly state: 'different'; readonly expected: FundingControl; readonly found: FundingControl };

interface FundingControl {
  readonly supporters: number;
  readonly paidCents: number;
  readonly hash: string | null;
}

interface ControlRow {
  readonly supporters: number;
  readonly paid_cents: number;
  readonly hash: string;
  readonly found_supporters: number;
  readonly found_paid_cents: number;
}

/** Compares counts and sums, and the hash only where those agree. */
export async function checkFunding(database: Kysely<Schema>, month: Month): Promise<FundingCheck> {
  const { rows } = await sql<ControlRow>`
    select closing.supporters, closing.paid_cents, closing.hash, found.supporters as found_supporters,
      found.paid_cents as found_paid_cents
    from funding_closing as closing, lateral (
      select count(*)::integer as supporters, coalesce(sum(paid_cents), 0)::bigint as paid_cents
      from budget where month = closing.month and paid_cents > 0
    ) as found
    where closing.month = ${month}`.execute(database);
  const row = rows[0];
  if (row === undefined) return { state: 'not_closed' };
  const sumsAgree = row.supporters === row.found_supporters && row.paid_cents === row.found_paid_cents;
  const hash = sumsAgree ? await hashOfBudgets(database, month) : null;
  if (hash === row.hash) return { state: 'complete' };
  return {
    state: 'different',
    expected: { supporters: row.supporters, paidCents: row.paid_cents, hash: row.hash },
    found: { supporters: row.found_supporters, paidCents: row.found_paid_cents, hash },
  };
}

const pageRows = 10_000;

/** Page by page, so that memory stays flat whatever the number of supporters. */
async function hashOfBudgets(database: Kysely<Schema>, month: Month): Promise<string> {
  const hash = fundingHash();
  for (let page = await budgetsAfter(database, month, ''); ; ) {
    for (const [userId, paidCents] of page) hash.add({ userId, paidCents });
    const last = page.at(-1);
    if (last === undefined || page.length < pageRows) return hash.digest();
    page = await budgetsAfter(database, month, last[0]);
  }
}

type PaidBudget = readonly [userId: string, paidCents: number];

async function budgetsAfter(database: Kysely<Schema>, month: Month, userId: string): Promise<readonly PaidBudget[]> {
  const { rows } = await sql<{ budgets: readonly PaidBudget[] }>`
    select coalesce(json_agg(json_build_array(user_id, paid_cents)), '[]') as budgets from (
      select user_id, paid_cents from budget
      where month = ${month} and paid_cents > 0 and user_id > ${userId}
      order by user_id limit ${pageRows}
    ) as page`.execute(database);
  return rows[0]?.budgets ?? [];
}
