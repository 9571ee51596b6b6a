// C6, D8: later earnings repay what a writer owes, and fill up holds that came before the month was credited.
import { type Cents, cents, type Month } from '@wewrite/contracts';
import { sql, type Transaction } from 'kysely';
import type { Schema } from '../db.ts';
import { holdsAfter } from './apply-reversals.ts';
import { readBooks } from './read-books.ts';
import type { Change } from './write-books.ts';
import { applied, keepBack, type Movement, repay } from './writer-books.ts';

/** What is credited now, by writer. */
export interface Credits {
  readonly month: Month;
  /** Names the credit among all causes. */
  readonly cause: string;
  readonly centsByWriter: ReadonlyMap<string, Cents>;
}

/** The changes that follow from credits that are posted with them. Most writers have none. */
export async function settleDebts(tx: Transaction<Schema>, credits: Credits): Promise<Change[]> {
  const userIds = await findConcerned(tx, credits);
  if (userIds.length === 0) return [];
  const books = await readBooks(tx, userIds);
  return [...books].flatMap(([userId, known]) => {
    const creditedCents = credits.centsByWriter.get(userId) ?? cents(0);
    let now = { ...known, payableCents: cents(known.payableCents + creditedCents) };
    const before = now;
    const movements: Movement[] = [];
    const move = (next: readonly Movement[]) => {
      movements.push(...next);
      now = applied(now, next);
    };
    for (const hold of known.holds) {
      if (hold.state === 'held' && hold.month === credits.month) move(keepBack(now, hold));
    }
    move(repay(now));
    if (movements.length === 0) return [];
    return [changeOf(credits, userId, movements, holdsAfter(before, movements, []))];
  });
}

function changeOf(credits: Credits, userId: string, movements: readonly Movement[], holds: Change['holds']): Change {
  return {
    userId,
    month: credits.month,
    movements,
    holds,
    cause: credits.cause,
    causeEventId: null,
    reversalId: null,
    adjusts: null,
    corrects: [],
    decision: null,
  };
}

async function findConcerned(tx: Transaction<Schema>, { month, centsByWriter }: Credits): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    select user_id from unnest(${[...centsByWriter.keys()]}::text[]) as writer (user_id)
    where exists (
      select from ledger_account where id = 'receivable:' || writer.user_id and debited_cents > credited_cents
    ) or exists (
      select from writer_hold
      where writer_hold.user_id = writer.user_id and state = 'held' and month = ${month} and held_cents < wanted_cents
    )
    order by user_id`.execute(tx);
  return rows.map((row) => row.user_id);
}
