import { zeroCents } from '@wewrite/contracts';
import { balances } from '@wewrite/ledger';
import { sql, type Transaction } from 'kysely';
import type { Schema } from '../db.ts';
import { accountOf } from '../sub-ledger.ts';
import type { Hold, WriterBooks } from './writer-books.ts';

const lockClass = 7_117_010;

/** Until the transaction ends, nobody else takes from what is payable or held, or credits anything. Call it first. */
export async function lockBalances(tx: Transaction<Schema>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${lockClass}, hashtext(current_schema()))`.execute(tx);
}

/** Until the transaction ends, nobody takes from what is payable or held; others may credit at the same time. */
export async function lockBalancesForCredits(tx: Transaction<Schema>): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(${lockClass}, hashtext(current_schema()))`.execute(tx);
}

/** The writers' books, an entry for each id; the caller holds the lock. */
export async function readBooks(
  tx: Transaction<Schema>,
  userIds: readonly string[],
): Promise<Map<string, WriterBooks>> {
  const ids = userIds.flatMap((userId) => [accountOf.payable(userId), accountOf.receivable(userId)]);
  const found = await balances(tx, { ids });
  const holds = await readHolds(tx, userIds);
  return new Map(
    userIds.map((userId) => [
      userId,
      {
        payableCents: found.get(accountOf.payable(userId)) ?? zeroCents,
        receivableCents: found.get(accountOf.receivable(userId)) ?? zeroCents,
        holds: holds.filter((hold) => hold.userId === userId),
      },
    ]),
  );
}

/** All holds, since one that has ended may be told of once more. */
async function readHolds(
  tx: Transaction<Schema>,
  userIds: readonly string[],
): Promise<readonly (Hold & { readonly userId: string })[]> {
  const { rows } = await sql<Hold & { userId: string }>`
    select hold_id as "holdId", user_id as "userId", month, because, state, version, wanted_cents as "wantedCents",
      held_cents as "heldCents", reversed_cents as "reversedCents"
    from writer_hold where user_id = any(${userIds}::text[]) order by place`.execute(tx);
  return rows;
}
