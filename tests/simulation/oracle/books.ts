// All that the oracle keeps while it goes through the deeds.
import type { Card } from '../deed.ts';
import type { ClosedMonth, Line } from './closed-month.ts';
import type { GeneralLedger } from './general-ledger.ts';
import type { WriterBalances } from './writer-balances.ts';

/** A payment of a supporter's; `months` is what of it still funds each, `refundedCents` what went back to the card. */
export interface Payment {
  readonly id: string;
  readonly userId: string;
  readonly at: string;
  readonly cents: number;
  readonly card: Card;
  readonly months: Map<string, number>;
  /** Why its money funds nothing (E1, E7); null when it does. */
  readonly suspendedBecause: 'paid_late' | 'crosses_months' | null;
  /** A bank has it, or has kept it. */
  isDisputed: boolean;
  /** What went back to its card, or to its bank for good, whoever had it so. */
  returnedCents: number;
}

/** A refund of money in suspense that did not reach its card: the money waits there. */
export interface RefusedRefund {
  readonly payment: Payment;
  readonly reason: 'paid_late' | 'operator';
  readonly cents: number;
}

/** What a taking took of a closed month. */
export interface Spread {
  readonly lines: readonly { readonly line: Line; readonly cents: number; readonly feeCents: number }[];
  readonly unallocatedCents: number;
  /** What an operator had taken before, so that suspense bears it. */
  readonly suspenseCents: number;
  /** What it took of each writer's holds; of a refund, which may fail. */
  readonly ofHolds: Map<string, ReadonlyMap<string, number>>;
}

/**
 * The part of a refund or dispute that is of one month. `budgetMonth` is the month whose budget it lowered; null when it came
 * after the cutoff, and is spread over what the month had funded: `spread`, once the month is closed.
 */
export interface Taking {
  readonly name: string;
  readonly kind: 'refund' | 'dispute';
  readonly payment: Payment;
  readonly month: string;
  readonly cents: number;
  readonly budgetMonth: string | null;
  spread: Spread | null;
}

/** A dispute or a refund: what it moved, what it is of, and what of it is of no month. */
export interface Withdrawal {
  readonly payment: Payment;
  readonly cents: number;
  readonly takings: readonly Taking[];
  readonly restCents: number;
}

/** What became of one writer in a month's payouts. */
export interface WriterPayout {
  readonly userId: string;
  status: 'under_way' | 'paid' | 'failed' | 'skipped';
  readonly reason: string | null;
  readonly grossCents: number;
  readonly processingFeeCents: number;
  readonly netCents: number;
  /** What was payable when the writer was judged. */
  readonly payableCents: number;
}

/** A hold of an administrator's: of a line, or of a writer's month. */
export interface PlacedHold {
  readonly writerId: string;
  readonly month: string;
  readonly lineId: string | null;
}

/** The state of everything. */
export interface Books {
  readonly ledger: GeneralLedger;
  readonly payments: Map<string, Payment>;
  readonly cards: Map<string, Card>;
  readonly charges: { readonly availableAt: string; readonly netCents: number }[];
  /** Paid budgets by month and supporter. */
  readonly budgets: Map<string, Map<string, number>>;
  readonly refunds: Map<string, Withdrawal>;
  readonly refusedRefunds: RefusedRefund[];
  readonly disputes: Map<string, Withdrawal>;
  readonly inquiries: Map<string, { readonly payment: Payment; readonly cents: number }>;
  /** What is to be done with takings of months that are over, once those are closed. */
  readonly waiting: Map<string, readonly (() => void)[]>;
  readonly closed: Map<string, ClosedMonth>;
  readonly writers: WriterBalances;
  readonly accounts: Map<string, 'ready' | 'restricted'>;
  readonly payouts: Map<string, Map<string, WriterPayout>>;
  readonly holds: Map<string, PlacedHold>;
  /**
   * How much lies in storage is not, once something was taken back between a cutoff and its close: storage may have been
   * funded before billing heard of that.
   */
  isStorageDecided: boolean;
  /**
   * What writers have paid back of a month's earnings since storage was funded last, and what payouts have withheld of them
   * when the next month is closed in the same breath.
   */
  repaidCents: number;
  /** So much more than the ledger says may lie in storage: it may have been funded before billing heard of what was repaid. */
  storageMoreCents: number;
}

/** Nothing has happened. */
export function noBooks(): Books {
  return {
    ledger: new Map(),
    payments: new Map(),
    cards: new Map(),
    charges: [],
    budgets: new Map(),
    refunds: new Map(),
    refusedRefunds: [],
    disputes: new Map(),
    inquiries: new Map(),
    waiting: new Map(),
    closed: new Map(),
    writers: new Map(),
    accounts: new Map(),
    payouts: new Map(),
    holds: new Map(),
    isStorageDecided: true,
    repaidCents: 0,
    storageMoreCents: 0,
  };
}

/** Changes the paid budget of a supporter's month. */
export function addToBudget(books: Books, userId: string, month: string, cents: number): void {
  const ofMonth = books.budgets.get(month) ?? new Map<string, number>();
  ofMonth.set(userId, (ofMonth.get(userId) ?? 0) + cents);
  books.budgets.set(month, ofMonth);
}

/** The paid budget of a supporter's month. */
export function budgetOf(books: Books, userId: string, month: string): number {
  return books.budgets.get(month)?.get(userId) ?? 0;
}
