import type { Cents, Currency } from '@wewrite/contracts';
import { type Kysely, sql } from 'kysely';
import { type AccountFilter, idMatches } from './account-filter.ts';
import type { AccountType } from './chart.ts';

/** An account as it stands. Bounds are null where there are none. */
export interface Account {
  readonly id: string;
  readonly type: AccountType;
  readonly currency: Currency;
  readonly minimumCents: Cents | null;
  readonly maximumCents: Cents | null;
  /** All that was ever debited. */
  readonly debitCents: Cents;
  /** All that was ever credited. */
  readonly creditCents: Cents;
  /** The difference, positive on the account's normal side. */
  readonly balanceCents: Cents;
}

/** `after` is the id of the last account of the page before, null for the first page. */
export interface AccountPage extends AccountFilter {
  readonly after: string | null;
  readonly limit: number;
}

/** A page of accounts by id in byte order; `next` is null on the last page. */
export async function listAccounts<Schema>(
  database: Kysely<Schema>,
  page: AccountPage,
): Promise<{ accounts: readonly Account[]; next: string | null }> {
  const { rows } = await sql<Account>`
    select account_id as id, type, currency, minimum_cents as "minimumCents", maximum_cents as "maximumCents",
           debited_cents as "debitCents", credited_cents as "creditCents", balance_cents as "balanceCents"
      from ledger_balance
     where ${idMatches(page)} and account_id > ${page.after ?? ''}
     order by account_id
     limit ${page.limit + 1}`.execute(database);
  const accounts = rows.slice(0, page.limit);
  return { accounts, next: rows.length > page.limit ? (accounts.at(-1)?.id ?? null) : null };
}
