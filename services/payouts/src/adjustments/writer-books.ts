import { type AdjustmentKind, type Cents, cents, sumCents } from '@wewrite/contracts';

/** Money of a writer that is kept back (C6): by a hold of an admin, or while a dispute is open (E5). Amounts are net. */
export interface Hold {
  readonly holdId: string;
  readonly month: string;
  readonly because: 'hold' | 'dispute';
  /** `reversed`: an operator or a lost dispute takes it back. */
  readonly state: 'held' | 'released' | 'reversed';
  readonly version: number;
  readonly wantedCents: Cents;
  readonly heldCents: Cents;
  readonly reversedCents: Cents;
}

/** A writer's balances but for what is in flight, which nothing here touches. Holds are in the order in which they came. */
export interface WriterBooks {
  readonly payableCents: Cents;
  readonly receivableCents: Cents;
  readonly holds: readonly Hold[];
}

/** Where money of a writer is; of what is held, by which hold. */
export type Place = 'payable' | 'receivable' | 'control' | { readonly holdId: string };

/** What moves money: adjustments of the balance, and holds, which leave it as it is. */
export type MovementKind = AdjustmentKind | 'held' | 'dispute_opened' | 'released';

/** One entry of the sub-ledger to be: an amount above 0. */
export interface Movement {
  readonly kind: MovementKind;
  readonly debit: Place;
  readonly credit: Place;
  readonly amountCents: Cents;
}

/** What takes money back for good. */
export type TakingKind = 'refund' | 'dispute_lost' | 'operator';

/**
 * E5: takes an amount back: out of the hold that it is of, then out of payable, then out of what else is held; the rest
 * the writer owes. What they would owe beyond the floor (D8) is written off at once.
 */
export function takeBack(
  books: WriterBooks,
  taken: { kind: TakingKind; amountCents: Cents; holdId: string | null; floorCents: number | null },
): Movement[] {
  const { kind, holdId, floorCents } = taken;
  const isOfHold = (hold: Hold) => hold.holdId === holdId;
  const held = (holds: readonly Hold[]) => holds.map((hold) => ({ place: placeOf(hold), cents: hold.heldCents }));
  const sources = [
    ...held(books.holds.filter(isOfHold)),
    { place: 'payable' as const, cents: books.payableCents },
    ...held(books.holds.filter((hold) => !isOfHold(hold))),
  ];
  let left: number = taken.amountCents;
  const movements = sources.map(({ place, cents: available }) => {
    const part = Math.min(left, available);
    left -= part;
    return movement(kind, place, 'control', part);
  });
  const overFloor = floorCents === null ? 0 : Math.min(left, books.receivableCents + left - floorCents);
  return real([
    ...movements,
    movement(kind, 'receivable', 'control', left),
    movement('write_off', 'control', 'receivable', overFloor),
  ]);
}

/** C6, E5: keeps back what the hold wants, has not and was not taken back for it, as far as it is payable. */
export function keepBack(books: WriterBooks, hold: Hold): Movement[] {
  const kind = hold.because === 'hold' ? 'held' : 'dispute_opened';
  const wanted = Math.max(0, hold.wantedCents - hold.reversedCents - hold.heldCents);
  const missing = Math.min(books.payableCents, wanted);
  return real([movement(kind, 'payable', placeOf(hold), missing)]);
}

/**
 * Makes payable again what the hold keeps back. The same money may be kept back for another cause, too, which found nothing
 * when it came: what other holds of the month still want goes to them; of the rest, what the writer owes is repaid.
 */
export function release(books: WriterBooks, hold: Hold): Movement[] {
  const movements = real([movement('released', placeOf(hold), 'payable', hold.heldCents)]);
  let now = applied(books, movements);
  for (const other of now.holds) {
    const isConcerned = other.holdId !== hold.holdId && other.state === 'held' && other.month === hold.month;
    if (!isConcerned) continue;
    const kept = keepBack(now, other);
    movements.push(...kept);
    now = applied(now, kept);
  }
  return [...movements, ...repay(now)];
}

/**
 * A refund has failed: what it took comes back, to the holds that it was of if they still are, then against what is owed.
 * What of it was written off is owed again before: the writer has had that money.
 */
export function giveBack(
  books: WriterBooks,
  given: { amountCents: Cents; writtenOffCents: Cents; ofHolds: Readonly<Record<string, number>> },
): Movement[] {
  let left: number = given.amountCents;
  const toHolds = books.holds.map((hold) => {
    const part = hold.state === 'held' ? Math.min(left, given.ofHolds[hold.holdId] ?? 0) : 0;
    left -= part;
    return movement('refund_failed', 'control', placeOf(hold), part);
  });
  const owedAgain = Math.min(left, given.writtenOffCents);
  const repaid = Math.min(left, books.receivableCents + owedAgain);
  return real([
    ...toHolds,
    movement('write_off', 'receivable', 'control', owedAgain),
    movement('refund_failed', 'control', 'receivable', repaid),
    movement('refund_failed', 'control', 'payable', left - repaid),
  ]);
}

/** D8: what is payable repays what the writer owes. */
export function repay(books: WriterBooks): Movement[] {
  const amount = Math.min(books.payableCents, books.receivableCents);
  return real([movement('receivable_repaid', 'payable', 'receivable', amount)]);
}

/** D8: an operator lets the writer owe this much less; at most all of it. */
export function writeOff(books: WriterBooks, amountCents: Cents | null): Movement[] {
  const amount = Math.min(amountCents ?? books.receivableCents, books.receivableCents);
  return real([movement('write_off', 'control', 'receivable', amount)]);
}

/** What the movements change: signed, positive where a balance rises. Holds by their id. */
export interface Effect {
  readonly payableCents: Cents;
  readonly receivableCents: Cents;
  readonly heldCents: Readonly<Record<string, number>>;
}

export function effectOf(movements: readonly Movement[]): Effect {
  const heldCents: Record<string, number> = {};
  const total = { payable: 0, receivable: 0, control: 0 };
  const add = (place: Place, amount: number) => {
    if (typeof place === 'string') total[place] += amount;
    else heldCents[place.holdId] = (heldCents[place.holdId] ?? 0) + amount;
  };
  for (const { debit, credit, amountCents } of movements) {
    // A receivable is ours and grows by debits; what is owed to the writer by credits.
    add(debit, debit === 'receivable' ? amountCents : -amountCents);
    add(credit, credit === 'receivable' ? -amountCents : amountCents);
  }
  return { payableCents: cents(total.payable), receivableCents: cents(total.receivable), heldCents };
}

/** The books after the movements. */
export function applied(books: WriterBooks, movements: readonly Movement[]): WriterBooks {
  const { payableCents, receivableCents, heldCents } = effectOf(movements);
  return {
    payableCents: sumCents([books.payableCents, payableCents]),
    receivableCents: sumCents([books.receivableCents, receivableCents]),
    holds: books.holds.map((hold) => ({ ...hold, heldCents: cents(hold.heldCents + (heldCents[hold.holdId] ?? 0)) })),
  };
}

function placeOf({ holdId }: Hold): Place {
  return { holdId };
}

function movement(kind: MovementKind, debit: Place, credit: Place, amount: number): Movement {
  return { kind, debit, credit, amountCents: cents(amount) };
}

function real(movements: readonly Movement[]): Movement[] {
  return movements.filter(({ amountCents }) => amountCents > 0);
}
