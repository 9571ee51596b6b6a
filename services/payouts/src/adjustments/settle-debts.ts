// C6, D8: what becomes payable repays what a writer owes, and fills up holds that found less than they want: those that
// came before their month was credited, or while its money was in flight.
import { type Cents, cents, type Month } from '@wewrite/contracts';
import { sql, type Transaction } from 'kysely';
import type { Schema } from '../db.ts';
import { holdsAfter } from './apply-reversals.ts';
import { readBooks } from './read-books.ts';
import type { Change } from './write-books.ts';
import { applied, keepBack, type Movement, repay } from './writer-books.ts';

/** What becomes payable now, by writer. */
export interface Credits {
  /** The month whose holds are filled up. */
  readonly month: Month;
  /** What has been carried over is paid with a month's earnings: what comes back is of earlier months, too. */
  readonly includesEarlierMonths: boolean;
  readonly byWriter: ReadonlyMap<string, Credit>;
}

interface Credit {
  readonly amountCents: Cents;
  /** Names the credit among all causes. */
  readonly cause: string;
}

/** The changes that follow from credits that are posted with them. Most writers have none. */
export async function settleDebts(tx: Transaction<Schema>, credits: Credits): Promise<Change[]> {
  if (credits.byWriter.size === 0) return [];
  const userIds = await findConcerned(tx, credits);
  if (userIds.length === 0) return [];
  const books = await readBooks(tx, userIds);
  const { month, includesEarlierMonths } = credits;
  return [...books].flatMap(([userId, known]) => {
    const credit = credits.byWriter.get(userId);
    if (credit === undefined) return [];
    let now = { ...known, payableCents: cents(known.payableCents + credit.amountCents) };
    const before = now;
    const movements: Movement[] = [];
    const move = (next: readonly Movement[]) => {
      movements.push(...next);
      now = applied(now, next);
    };
    for (const hold of known.holds) {
      const isConcerned = hold.month === month || (includesEarlierMonths && hold.month < month);
      if (hold.state === 'held' && isConcerned) move(keepBack(now, hold));
    }
    move(repay(now));
    if (movements.length === 0) return [];
    return [changeOf(month, credit.cause, { userId, movements, holds: holdsAfter(before, movements, []) })];
  });
}

function changeOf(month: Month, cause: string, moved: Pick<Change, 'userId' | 'movements' | 'holds'>): Change {
  return {
    ...moved,
    month,
    cause,
    causeEventId: null,
    reversalId: null,
    settles: null,
    adjusts: null,
    corrects: [],
    decision: null,
  };
}

async function findConcerned(tx: Transaction<Schema>, credits: Credits): Promise<string[]> {
  const { month, includesEarlierMonths, byWriter } = credits;
  const { rows } = await sql<{ user_id: string }>`
    select user_id from unnest(${[...byWriter.keys()]}::text[]) as writer (user_id)
    where exists (
      select from ledger_account where id = 'receivable:' || writer.user_id and debited_cents > credited_cents
    ) or exists (
      select from writer_hold
      where writer_hold.user_id = writer.user_id and state = 'held' and held_cents + reversed_cents < wanted_cents
        and (month = ${month} or (${includesEarlierMonths} and month < ${month}))
    )
    order by user_id`.execute(tx);
  return rows.map((row) => row.user_id);
}
