// What each writer is owed and owes, and where it lies: payable, held, on its way, or to be paid back (C6, D8, E5).

/** Money of a writer's month that is kept back. `reversed`: an operator takes it back; parts of it may still come. */
export interface Hold {
  readonly id: string;
  readonly month: string;
  wantedCents: number;
  heldCents: number;
}

/** A writer's balances. Holds are in the order in which they came; one that is over is gone. */
export interface WriterBalance {
  payableCents: number;
  inFlightCents: number;
  receivableCents: number;
  holds: Hold[];
}

/** What a change did to the sums: how much less is owed to the writer, and how much more the writer owes. */
export interface Effect {
  readonly owedLessCents: number;
  readonly owesMoreCents: number;
}

/** Every writer's balance by user id. */
export type WriterBalances = Map<string, WriterBalance>;

/** The balance of a writer, who may have none yet. */
export function balanceOf(balances: WriterBalances, userId: string): WriterBalance {
  const known = balances.get(userId);
  if (known !== undefined) return known;
  const balance: WriterBalance = { payableCents: 0, inFlightCents: 0, receivableCents: 0, holds: [] };
  balances.set(userId, balance);
  return balance;
}

/** All that is kept back of a writer. */
export function heldCents(balance: WriterBalance): number {
  return balance.holds.reduce((sum, hold) => sum + hold.heldCents, 0);
}

/**
 * Makes money payable. Holds of the months that it is of take what they lack first, then the writer pays back what is owed.
 * Returns what was paid back.
 */
export function credit(balance: WriterBalance, cents: number, isOfIt: (month: string) => boolean): number {
  balance.payableCents += cents;
  for (const hold of balance.holds) if (isOfIt(hold.month)) fill(balance, hold);
  return repay(balance);
}

/** Begins to keep money back, as much of it as is payable. */
export function keepBack(balance: WriterBalance, hold: { id: string; month: string; wantedCents: number }): void {
  const held = { ...hold, heldCents: 0 };
  balance.holds.push(held);
  fill(balance, held);
}

/**
 * Ends a hold: what it kept back is payable again, unless another of the same month lacks it. Returns what was paid back of
 * that.
 */
export function release(balance: WriterBalance, holdId: string): number {
  const hold = balance.holds.find(({ id }) => id === holdId);
  if (hold === undefined) return 0;
  balance.holds = balance.holds.filter((other) => other !== hold);
  return credit(balance, hold.heldCents, (month) => month === hold.month);
}

/** What was taken of a writer, by where it was taken. */
export interface Taken extends Effect {
  readonly ofHolds: ReadonlyMap<string, number>;
}

/** Takes money back: out of the hold that it is of, out of what is payable, out of what else is held; the rest is owed. */
export function takeBack(balance: WriterBalance, cents: number, ofHoldId: string | null): Taken {
  let left = cents;
  const ofHolds = new Map<string, number>();
  const takeFrom = (hold: Hold) => {
    const part = Math.min(left, hold.heldCents);
    hold.heldCents -= part;
    left -= part;
    if (part > 0) ofHolds.set(hold.id, part);
  };
  for (const hold of balance.holds) if (hold.id === ofHoldId) takeFrom(hold);
  const payable = Math.min(left, balance.payableCents);
  balance.payableCents -= payable;
  left -= payable;
  for (const hold of balance.holds) if (hold.id !== ofHoldId) takeFrom(hold);
  balance.receivableCents += left;
  return { owedLessCents: cents - left, owesMoreCents: left, ofHolds };
}

/** A refund has failed: what it took goes back to its holds, if they still are, then against what is owed. */
export function giveBack(balance: WriterBalance, cents: number, ofHolds: ReadonlyMap<string, number>): Effect {
  let left = cents;
  for (const hold of balance.holds) {
    const part = Math.min(left, ofHolds.get(hold.id) ?? 0);
    hold.heldCents += part;
    left -= part;
  }
  const repaid = Math.min(left, balance.receivableCents);
  balance.receivableCents -= repaid;
  balance.payableCents += left - repaid;
  return { owedLessCents: repaid - cents, owesMoreCents: -repaid };
}

function fill(balance: WriterBalance, hold: Hold): void {
  const missing = Math.min(balance.payableCents, Math.max(0, hold.wantedCents - hold.heldCents));
  balance.payableCents -= missing;
  hold.heldCents += missing;
}

function repay(balance: WriterBalance): number {
  const cents = Math.min(balance.payableCents, balance.receivableCents);
  balance.payableCents -= cents;
  balance.receivableCents -= cents;
  return cents;
}
