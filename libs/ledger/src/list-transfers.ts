import type { Cents, Currency, Month } from '@wewrite/contracts';
import { type Kysely, sql } from 'kysely';

/** A transfer as it was posted; see `NewTransfer` for the meaning of its fields. */
export interface Transfer {
  /** The order of writing within this ledger; a restored ledger may number otherwise. */
  readonly id: number;
  readonly idempotencyKey: string;
  readonly kind: string;
  readonly month: Month;
  readonly debit: string;
  readonly credit: string;
  readonly amountCents: Cents;
  readonly currency: Currency;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
  readonly causeEventId: string | null;
  readonly stripeId: string | null;
  readonly corrects: string | null;
}

/** `account` finds both sides; `after` is the id of the last transfer of the page before, null for the first page. */
export interface TransferPage {
  readonly account?: string;
  readonly kind?: string;
  readonly month?: Month;
  readonly after: number | null;
  readonly limit: number;
}

/**
 * A page of transfers in the order of writing; `next` is null on the last page. For looking, not for following along: a
 * transaction that commits late adds transfers before ones that were there already.
 */
export async function listTransfers<Schema>(
  database: Kysely<Schema>,
  page: TransferPage,
): Promise<{ transfers: readonly Transfer[]; next: number | null }> {
  const { account, kind, month } = page;
  const conditions = [
    sql`id > ${page.after ?? 0}`,
    ...(kind === undefined ? [] : [sql`kind = ${kind}`]),
    ...(month === undefined ? [] : [sql`month = ${month}`]),
  ];
  const condition = sql.join(conditions, sql` and `);
  const limit = page.limit + 1;
  // Each side by its own index, in order, so that a page of a long account reads no more than the page.
  const side = (name: 'debit_account_id' | 'credit_account_id') =>
    sql`(select * from ledger_transfer where ${sql.ref(name)} = ${account} and ${condition} order by id limit ${limit})`;
  const source =
    account === undefined
      ? sql`ledger_transfer where ${condition}`
      : sql`(${side('debit_account_id')} union all ${side('credit_account_id')}) as either`;
  const { rows } = await sql<Transfer>`
    select id, idempotency_key as "idempotencyKey", kind, month, debit_account_id as debit, credit_account_id as credit,
           amount_cents as "amountCents", currency, occurred_at as "occurredAt", recorded_at as "recordedAt",
           cause_event_id as "causeEventId", stripe_id as "stripeId", corrects
      from ${source} order by id limit ${limit}`.execute(database);
  const transfers = rows.slice(0, page.limit);
  return { transfers, next: rows.length > page.limit ? (transfers.at(-1)?.id ?? null) : null };
}
