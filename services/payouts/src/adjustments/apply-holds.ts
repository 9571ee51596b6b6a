// C6: what an admin holds of a writer's month is owed and not paid, until it is released or reversed.
import { type Cents, type holdChanged, type MessageOf, month, zeroCents } from '@wewrite/contracts';
import { assert, type Received } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { askForCheckOfBalances } from '../check-books.ts';
import type { Context } from '../context.ts';
import type { Schema } from '../db.ts';
import { after, holdsAfter, isReversed } from './apply-reversals.ts';
import { lockBalances, readBooks } from './read-books.ts';
import { type Change, writeBooks } from './write-books.ts';
import { type Hold, keepBack, type Movement, release, type WriterBooks } from './writer-books.ts';

type HoldMessage = MessageOf<typeof holdChanged>;

/** Takes holds in; newer versions apply. What is in flight is not touched. */
export async function applyHolds(
  context: Context,
  tx: Transaction<Schema>,
  messages: readonly Received<HoldMessage>[],
): Promise<void> {
  await lockBalances(tx);
  const books = await readBooks(tx, [...new Set(messages.map(({ body }) => body.recipientUserId))]);
  const isUnknown = ({ body }: Received<HoldMessage>) =>
    !books.get(body.recipientUserId)?.holds.some(({ holdId }) => holdId === body.holdId);
  const reversed = await readReversed(tx, messages.filter(isUnknown));
  const changes: Change[] = [];
  for (const { id, body } of messages) {
    const userId = body.recipientUserId;
    const before = books.get(userId);
    assert(before !== undefined, `no books were read for ${userId}`);
    const known = before.holds.find(({ holdId }) => holdId === body.holdId);
    if (known !== undefined && known.version >= body.version) continue;
    const hold = changed(body, known, reversed.get(`${body.holdId}:${userId}`) ?? zeroCents);
    const movements = decide(before, hold);
    const change: Change = {
      userId,
      month: month(body.month),
      movements,
      holds: holdsAfter(before, movements, [hold]),
      cause: `${body.holdId}.${body.version}`,
      causeEventId: id,
      reversalId: null,
      settles: null,
      adjusts: null,
      corrects: [],
      decision: null,
    };
    changes.push(change);
    books.set(userId, after(before, change));
  }
  await writeBooks(context, tx, changes);
  await askForCheckOfBalances(context, tx);
}

/** What operators have taken back of holds that were not known then, by hold and writer: reversals come on another topic. */
async function readReversed(
  tx: Transaction<Schema>,
  messages: readonly Received<HoldMessage>[],
): Promise<ReadonlyMap<string, Cents>> {
  if (messages.length === 0) return new Map();
  const holdIds = messages.map(({ body }) => body.holdId);
  const { rows } = await sql<{ hold_id: string; user_id: string; reversed_cents: Cents }>`
    select settles as hold_id, user_id, sum(receivable_cents - payable_cents - of_holds.cents)::bigint as reversed_cents
    from adjustment
    cross join lateral (
      select coalesce(sum(value::bigint), 0) as cents from jsonb_each_text(held_cents)
    ) as of_holds
    where kind = 'operator' and settles = any(${holdIds}::uuid[])
    group by settles, user_id`.execute(tx);
  return new Map(rows.map((row) => [`${row.hold_id}:${row.user_id}`, row.reversed_cents]));
}

function changed(body: HoldMessage, known: Hold | undefined, reversedBefore: Cents): Hold {
  return {
    holdId: body.holdId,
    month: body.month,
    because: 'hold',
    heldCents: known?.heldCents ?? zeroCents,
    reversedCents: known?.reversedCents ?? reversedBefore,
    state: body.state,
    version: body.version,
    wantedCents: body.netCents,
  };
}

function decide(books: WriterBooks, hold: Hold): Movement[] {
  switch (hold.state) {
    case 'held':
      return keepBack(books, hold);
    case 'released':
      return release(books, hold);
    case 'reversed':
      // Its money stays until the reversals, which come by themselves, have taken theirs.
      return isReversed(hold) ? release(books, hold) : [];
  }
}
