// E5, D8: what a refund, a dispute or an operator takes back of a writer's month comes out of what that writer has.
import { type Cents, cents, month, sumCents, type WriterReversal } from '@wewrite/contracts';
import { assert, countParts } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { askForCheck } from '../check-books.ts';
import type { Context } from '../context.ts';
import type { Schema } from '../db.ts';
import { completeEarnings, earlyReversalSeries } from '../payout-month.ts';
import { readBooks } from './read-books.ts';
import { type Change, keysOf, writeBooks } from './write-books.ts';
import {
  applied,
  giveBack,
  type Hold,
  keepBack,
  type Movement,
  release,
  type TakingKind,
  takeBack,
  type WriterBooks,
} from './writer-books.ts';

/** A writer's part of a reversal, and the message that told it. */
export type ReversalPart = WriterReversal & { readonly messageId: string };

/** Takes reversals in, in order; what is in flight is not touched. The caller holds the lock of the balances. */
export async function applyReversals(
  context: Context,
  tx: Transaction<Schema>,
  parts: readonly ReversalPart[],
): Promise<void> {
  if (parts.length === 0) return;
  const books = await readBooks(tx, [...new Set(parts.map((part) => part.recipientUserId))]);
  const undone = await readRefunds(tx, parts);
  const changes: Change[] = [];
  for (const part of parts) {
    const userId = part.recipientUserId;
    const before = books.get(userId);
    assert(before !== undefined, `no books were read for ${userId}`);
    const { movements, holds, corrects } = decide(context, part, before, undone);
    const change: Change = {
      userId,
      month: month(part.run.month),
      movements,
      holds: holdsAfter(before, movements, holds),
      cause: part.reversalId,
      causeEventId: part.messageId,
      reversalId: part.reversalId,
      settles: part.settles,
      adjusts: part.kind === 'dispute_opened' || part.kind === 'dispute_won' ? null : part.kind,
      corrects,
      decision: null,
    };
    changes.push(change);
    books.set(userId, after(before, change));
    if (part.kind === 'refund') undone.set(refundKey(part.reversalId, userId), refundOf(change));
  }
  await writeBooks(context, tx, changes);
  const runs = new Map(parts.map(({ run }) => [run.runId, run]));
  await askForCheck(context, tx, runs.values());
  await countEarly(context, tx, parts);
}

/** Of what was taken back before a month's earnings were all said, judging waits for each part. */
async function countEarly(context: Context, tx: Transaction<Schema>, parts: readonly WriterReversal[]): Promise<void> {
  const early = parts.filter(({ beforeClosing }) => beforeClosing);
  for (const run of new Map(early.map((part) => [part.run.runId, part.run])).values()) {
    const count = early.filter((part) => part.run.runId === run.runId).length;
    const counted = { run, series: earlyReversalSeries, counts: [count], at: context.clock.now() };
    const { justCompleted } = await countParts(tx, counted);
    if (justCompleted) await completeEarnings(context, tx, run);
  }
}

interface Decision {
  readonly movements: readonly Movement[];
  /** Holds that begin or end by it, as they were before the movements. */
  readonly holds: readonly Hold[];
  readonly corrects: readonly string[];
}

function decide(
  { config }: Context,
  part: WriterReversal,
  books: WriterBooks,
  refunds: ReadonlyMap<string, Refund>,
): Decision {
  const settled = books.holds.find(({ holdId }) => holdId === part.settles);
  const floorCents = config.NEGATIVE_BALANCE_FLOOR_CENTS ?? null;
  const take = (kind: TakingKind) =>
    takeBack(books, { kind, amountCents: part.netCents, holdId: settled?.holdId ?? null, floorCents });
  switch (part.kind) {
    case 'refund':
      return { movements: take('refund'), holds: [], corrects: [] };
    case 'refund_failed': {
      const refund = refunds.get(refundKey(part.settles, part.recipientUserId));
      assert(refund !== undefined, `the refund ${part.settles} that has failed is unknown`);
      const movements = giveBack(books, { amountCents: part.netCents, ...refund });
      return { movements, holds: [], corrects: refund.transferKeys };
    }
    case 'dispute_opened': {
      const hold = disputeOf(part);
      return { movements: keepBack(books, hold), holds: [hold], corrects: [] };
    }
    case 'dispute_won': {
      assert(settled !== undefined, `the dispute ${part.settles} that is won is unknown`);
      return { movements: release(books, settled), holds: [{ ...settled, state: 'released' }], corrects: [] };
    }
    case 'dispute_lost':
      assert(part.settles === null || settled !== undefined, `the dispute ${part.settles} that is lost is unknown`);
      return ended(books, take('dispute_lost'), settled, true);
    case 'operator': {
      const reversedCents = cents((settled?.reversedCents ?? 0) + part.netCents);
      const hold = settled === undefined ? undefined : { ...settled, reversedCents };
      return ended(books, take('operator'), hold, hold !== undefined && isReversed(hold));
    }
  }
}

/** What was taken out of a hold; if the hold is over, what is left of it is released. */
function ended(books: WriterBooks, taken: readonly Movement[], hold: Hold | undefined, isOver: boolean): Decision {
  if (hold === undefined) return { movements: taken, holds: [], corrects: [] };
  const left = applied(books, taken);
  const rest = left.holds.find(({ holdId }) => holdId === hold.holdId);
  const released = isOver && rest !== undefined ? release(left, rest) : [];
  return { movements: [...taken, ...released], holds: [isOver ? { ...hold, state: 'reversed' } : hold], corrects: [] };
}

/** True when a hold is reversed and all its reversals have come. */
export function isReversed({ state, reversedCents, wantedCents }: Hold): boolean {
  return state === 'reversed' && reversedCents >= wantedCents;
}

function disputeOf({ reversalId, run, netCents }: WriterReversal): Hold {
  return {
    holdId: reversalId,
    month: run.month,
    because: 'dispute',
    state: 'held',
    version: 1,
    wantedCents: cents(netCents),
    heldCents: cents(0),
    reversedCents: cents(0),
  };
}

/** The holds that are new, or changed by the decision or its movements. */
export function holdsAfter(
  before: WriterBooks,
  movements: readonly Movement[],
  decided: readonly Hold[],
): readonly Hold[] {
  const known = new Map([...before.holds, ...decided].map((hold) => [hold.holdId, hold]));
  const moved = applied({ ...before, holds: [...known.values()] }, movements).holds;
  return moved.filter((hold) => {
    const earlier = before.holds.find(({ holdId }) => holdId === hold.holdId);
    return earlier?.heldCents !== hold.heldCents || decided.some(({ holdId }) => holdId === hold.holdId);
  });
}

/** The books after a change. */
export function after(before: WriterBooks, { movements, holds }: Change): WriterBooks {
  const changed = new Map([...before.holds, ...holds].map((hold) => [hold.holdId, hold]));
  return { ...applied(before, movements), holds: [...changed.values()] };
}

/** What a refund took of holds, by their id, what of it was written off at once, and its entries. */
interface Refund {
  readonly writtenOffCents: Cents;
  readonly ofHolds: Readonly<Record<string, number>>;
  readonly transferKeys: readonly string[];
}

function refundKey(reversalId: string | null, userId: string): string {
  return `${reversalId}:${userId}`;
}

function refundOf(change: Change): Refund {
  const { movements } = change;
  const writtenOff = movements.filter(({ kind }) => kind === 'write_off');
  const ofHolds = Object.fromEntries(
    movements.flatMap(({ debit, amountCents }) => (typeof debit === 'string' ? [] : [[debit.holdId, amountCents]])),
  );
  const writtenOffCents = sumCents(writtenOff.map(({ amountCents }) => amountCents));
  return { ofHolds, writtenOffCents, transferKeys: keysOf(change) };
}

async function readRefunds(tx: Transaction<Schema>, parts: readonly WriterReversal[]): Promise<Map<string, Refund>> {
  const settled = parts.flatMap(({ kind, settles }) => (kind === 'refund_failed' && settles !== null ? [settles] : []));
  if (settled.length === 0) return new Map();
  const { rows } = await sql<{
    reversal_id: string;
    user_id: string;
    held_cents: Readonly<Record<string, Cents>>;
    written_off_cents: Cents;
    transfer_keys: readonly string[];
  }>`
    select refund.reversal_id, refund.user_id, refund.held_cents,
      coalesce(-written_off.receivable_cents, 0) as written_off_cents,
      refund.transfer_keys || coalesce(written_off.transfer_keys, '{}'::text[]) as transfer_keys
    from adjustment as refund
    left join adjustment as written_off on written_off.kind = 'write_off'
      and written_off.reversal_id = refund.reversal_id and written_off.user_id = refund.user_id
    where refund.kind = 'refund' and refund.reversal_id = any(${settled}::uuid[])`.execute(tx);
  return new Map(
    rows.map((row) => [
      refundKey(row.reversal_id, row.user_id),
      {
        ofHolds: Object.fromEntries(Object.entries(row.held_cents).map(([holdId, change]) => [holdId, -change])),
        writtenOffCents: row.written_off_cents,
        transferKeys: row.transfer_keys,
      },
    ]),
  );
}
