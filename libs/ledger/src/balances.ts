import { type Cents, cents, zeroCents } from '@wewrite/contracts';
import { type Kysely, sql } from 'kysely';
import { type AccountFilter, idMatches } from './account-filter.ts';
import type { AccountType } from './chart.ts';

/** All debits and credits of the accounts of one type, and what they stand at on their normal side. */
export interface TypeTotal {
  readonly type: AccountType;
  readonly debitCents: Cents;
  readonly creditCents: Cents;
  readonly balanceCents: Cents;
}

/** `differenceCents` is debits minus credits over all accounts: 0, or the books are broken. */
export interface TrialBalance {
  readonly types: readonly TypeTotal[];
  readonly differenceCents: Cents;
}

/** What an account stands at, on its normal side; 0 when it was never opened. */
export async function balanceOf<Schema>(database: Kysely<Schema>, accountId: string): Promise<Cents> {
  const { rows } = await sql<{ balanceCents: Cents }>`
    select balance_cents as "balanceCents" from ledger_balance where account_id = ${accountId}`.execute(database);
  return rows[0]?.balanceCents ?? zeroCents;
}

/** What the accounts stand at, by id in byte order; accounts that were never opened are absent. */
export async function balances<Schema>(
  database: Kysely<Schema>,
  which: AccountFilter | { readonly ids: readonly string[] },
): Promise<ReadonlyMap<string, Cents>> {
  const condition = 'ids' in which ? sql`account_id = any (${which.ids}::text[])` : idMatches(which);
  const { rows } = await sql<{ accountId: string; balanceCents: Cents }>`
    select account_id as "accountId", balance_cents as "balanceCents"
      from ledger_balance where ${condition} order by account_id`.execute(database);
  return new Map(rows.map((row) => [row.accountId, row.balanceCents]));
}

/** The sum of what accounts of one type stand at. */
export async function sumOfBalances<Schema>(database: Kysely<Schema>, which: AccountFilter): Promise<Cents> {
  const { rows } = await sql<{ balanceCents: Cents }>`
    select sum(balance_cents)::bigint as "balanceCents"
      from ledger_balance where ${idMatches(which)} having count(*) > 0`.execute(database);
  return rows[0]?.balanceCents ?? zeroCents;
}

/**
 * What an account stood at just before `at`, so that the balance at a cutoff is that of the month it ends: by when things
 * were so, or by when they were written.
 */
export async function balanceAt<Schema>(
  database: Kysely<Schema>,
  accountId: string,
  at: Date,
  by: 'occurredAt' | 'recordedAt',
): Promise<Cents> {
  const { rows } = await sql<{ balanceCents: Cents }>`
    select sum(ledger_normal_balance(account.type, entry.debit_cents, entry.credit_cents))::bigint as "balanceCents"
      from ledger_account as account
      join ledger_entry as entry on entry.account_id = account.id
     where account.id = ${accountId} and ${by === 'occurredAt' ? sql`entry.occurred_at` : sql`entry.recorded_at`} < ${at}
    having count(*) > 0`.execute(database);
  return rows[0]?.balanceCents ?? zeroCents;
}

/** Debits and credits by type, from the accounts as they stand; not from the transfers, each of which balances in itself. */
export async function trialBalance<Schema>(database: Kysely<Schema>): Promise<TrialBalance> {
  const { rows } = await sql<TypeTotal>`
    select type, sum(debited_cents)::bigint as "debitCents", sum(credited_cents)::bigint as "creditCents",
           sum(balance_cents)::bigint as "balanceCents"
      from ledger_balance group by type order by type`.execute(database);
  const differenceCents = cents(rows.reduce((difference, row) => difference + row.debitCents - row.creditCents, 0));
  return { types: rows, differenceCents };
}
