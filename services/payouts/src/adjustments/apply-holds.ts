// C6: what an admin holds of a writer's month is owed and not paid, until it is released or reversed.
import { type holdChanged, type MessageOf, month, zeroCents } from '@wewrite/contracts';
import { assert, type Received } from '@wewrite/service-kit';
import type { Transaction } from 'kysely';
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
  const changes: Change[] = [];
  for (const { id, body } of messages) {
    const userId = body.recipientUserId;
    const before = books.get(userId);
    assert(before !== undefined, `no books were read for ${userId}`);
    const known = before.holds.find(({ holdId }) => holdId === body.holdId);
    if (known !== undefined && known.version >= body.version) continue;
    const hold = changed(body, known);
    const movements = decide(before, hold);
    const change: Change = {
      userId,
      month: month(body.month),
      movements,
      holds: holdsAfter(before, movements, [hold]),
      cause: `${body.holdId}.${body.version}`,
      causeEventId: id,
      reversalId: null,
      adjusts: null,
      corrects: [],
      decision: null,
    };
    changes.push(change);
    books.set(userId, after(before, change));
  }
  await writeBooks(context, tx, changes);
}

function changed(body: HoldMessage, known: Hold | undefined): Hold {
  return {
    holdId: body.holdId,
    month: body.month,
    because: 'hold',
    heldCents: known?.heldCents ?? zeroCents,
    reversedCents: known?.reversedCents ?? zeroCents,
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
