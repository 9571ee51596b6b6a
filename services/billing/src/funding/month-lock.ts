import type { Month } from '@wewrite/contracts';
import { sql } from 'kysely';
import type { BillingTransaction } from '../context.ts';

const lockClass = 7_117_201;

/**
 * Holds months open until the transaction ends, and says which of them are closed already: their funding is complete (B7)
 * and nothing may change it. Take it before any row.
 */
export async function holdMonths(tx: BillingTransaction, months: Iterable<Month>): Promise<ReadonlySet<Month>> {
  const wanted = [...new Set(months)].sort();
  if (wanted.length === 0) return new Set();
  await sql`
    select pg_advisory_xact_lock_shared(${lockClass}, number)
      from unnest(${wanted.map(numberOf)}::integer[]) as held (number)`.execute(tx);
  const rows = await tx.selectFrom('funding_close').select('month').where('month', 'in', wanted).execute();
  const closed = new Set(rows.map((row) => row.month));
  return new Set(wanted.filter((month) => closed.has(month)));
}

/** Waits until nobody holds the month, and keeps it from being held until the transaction ends. */
export async function closeMonth(tx: BillingTransaction, month: Month): Promise<void> {
  await sql`select pg_advisory_xact_lock(${lockClass}, ${numberOf(month)}::integer)`.execute(tx);
}

function numberOf(month: Month): number {
  return Number(month.replace('-', ''));
}
