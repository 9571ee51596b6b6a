import { describe, expect, test } from '@jest/globals';
import { cents, sumCents } from '@wewrite/contracts';
import fc from 'fast-check';
import {
  applied,
  effectOf,
  giveBack,
  type Hold,
  keepBack,
  type Movement,
  release,
  repay,
  takeBack,
  type WriterBooks,
  writeOff,
} from './writer-books.ts';

const amount = fc.integer({ min: 0, max: 1_000 });
const position = fc.nat({ max: 50 });
const step = fc.oneof(
  fc.record({ kind: fc.constant('earn' as const), amount }),
  fc.record({ kind: fc.constant('pay' as const) }),
  fc.record({ kind: fc.constant('payout_returned' as const) }),
  fc.record({ kind: fc.constant('hold' as const), amount }),
  fc.record({ kind: fc.constant('release' as const), position }),
  fc.record({ kind: fc.constant('refund' as const), amount }),
  fc.record({ kind: fc.constant('refund_failed' as const), position }),
  fc.record({ kind: fc.constant('dispute_lost' as const), amount, position }),
  fc.record({ kind: fc.constant('write_off' as const), amount }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** A refund that may still fail, what of it was written off, and what it took of holds. */
interface Refund {
  readonly amount: number;
  readonly writtenOff: number;
  readonly ofHolds: Readonly<Record<string, number>>;
}

interface World {
  readonly books: WriterBooks;
  readonly inFlight: number;
  readonly refunds: readonly Refund[];
  /** What all obligations less receivables must be: counted by what happened, not by where the money is. */
  readonly balance: number;
}

const empty: World = {
  books: { payableCents: cents(0), receivableCents: cents(0), holds: [] },
  inFlight: 0,
  refunds: [],
  balance: 0,
};

function held({ holds }: WriterBooks): number {
  return sumCents(holds.map(({ heldCents }) => heldCents));
}

function writtenOffBy(movements: readonly Movement[]): number {
  return sumCents(movements.filter(({ kind }) => kind === 'write_off').map(({ amountCents }) => amountCents));
}

function newHold(books: WriterBooks, wanted: number): Hold {
  return {
    holdId: `hold-${books.holds.length}`,
    month: '2026-11',
    because: 'hold',
    state: 'held',
    version: 1,
    wantedCents: cents(wanted),
    heldCents: cents(0),
    reversedCents: cents(0),
  };
}

function moved(world: World, movements: readonly Movement[], balanceChange: number, books = world.books): World {
  return { ...world, books: applied(books, movements), balance: world.balance + balanceChange };
}

function next(world: World, taken: Step, floorCents: number | null): World {
  const { books } = world;
  switch (taken.kind) {
    case 'earn': {
      const credited = { ...books, payableCents: cents(books.payableCents + taken.amount) };
      return moved(world, repay(credited), taken.amount, credited);
    }
    case 'pay':
      return {
        ...world,
        books: { ...books, payableCents: cents(0) },
        inFlight: books.payableCents,
        balance: world.balance - world.inFlight,
      };
    case 'payout_returned': {
      const back = { ...books, payableCents: cents(books.payableCents + world.inFlight) };
      return { ...moved(world, repay(back), 0, back), inFlight: 0 };
    }
    case 'hold': {
      const hold = newHold(books, taken.amount);
      const withHold = { ...books, holds: [...books.holds, hold] };
      return moved(world, keepBack(withHold, hold), 0, withHold);
    }
    case 'release': {
      const hold = books.holds[taken.position];
      return hold === undefined ? world : moved(world, release(books, hold), 0);
    }
    case 'refund':
    case 'dispute_lost':
      return takenBack(world, taken, floorCents);
    case 'refund_failed': {
      const refund = world.refunds[taken.position];
      if (refund === undefined) return world;
      const { amount: given, writtenOff, ofHolds } = refund;
      const movements = giveBack(books, { amountCents: cents(given), writtenOffCents: cents(writtenOff), ofHolds });
      return {
        ...moved(world, movements, given - writtenOffBy(movements)),
        refunds: world.refunds.filter((candidate) => candidate !== refund),
      };
    }
    case 'write_off': {
      const movements = writeOff(books, cents(taken.amount));
      return moved(world, movements, Math.min(taken.amount, books.receivableCents));
    }
  }
}

function takenBack(
  world: World,
  taken: { kind: 'refund' | 'dispute_lost'; amount: number; position?: number },
  floorCents: number | null,
): World {
  const holdId = world.books.holds[taken.position ?? -1]?.holdId ?? null;
  const order = { kind: taken.kind, amountCents: cents(taken.amount), holdId, floorCents };
  const movements = takeBack(world.books, order);
  const own = movements.filter(({ kind }) => kind === taken.kind);
  const ofHolds = Object.fromEntries(Object.entries(effectOf(own).heldCents).map(([hold, change]) => [hold, -change]));
  expect(sumCents(own.map(({ amountCents }) => amountCents))).toBe(taken.amount);
  const writtenOff = writtenOffBy(movements);
  const after = moved(world, movements, writtenOff - taken.amount);
  return taken.kind === 'refund'
    ? { ...after, refunds: [...world.refunds, { amount: taken.amount, writtenOff, ofHolds }] }
    : after;
}

describe('E5, C6, D8: the books of a writer', () => {
  test('any sequence of earnings, payouts, holds and reversals keeps the balance, and nothing below 0', () => {
    const floors = fc.option(fc.integer({ min: 0, max: 500 }), { nil: null });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), floors, (steps, floorCents) => {
        let world = empty;
        for (const taken of steps) {
          world = next(world, taken, floorCents);
          const { books } = world;
          const owed = books.payableCents + world.inFlight + held(books);
          expect(owed - books.receivableCents).toBe(world.balance);
          const all = [books.payableCents, books.receivableCents, ...books.holds.map(({ heldCents }) => heldCents)];
          expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
          expect(Math.min(books.payableCents, books.receivableCents)).toBe(0);
          if (floorCents !== null) expect(books.receivableCents).toBeLessThanOrEqual(floorCents);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('C6, E5: what one hold releases stays with another of the month that found nothing when it came', () => {
    const payable = { ...empty.books, payableCents: cents(930) };
    const first = { ...newHold(payable, 930), heldCents: cents(0) };
    const held = applied({ ...payable, holds: [first] }, keepBack(payable, first));
    const dispute: Hold = { ...newHold(held, 500), because: 'dispute' };
    const ofOtherMonth: Hold = { ...newHold(held, 900), holdId: 'other', month: '2026-10' };
    const books = { ...held, holds: [...held.holds, ofOtherMonth, dispute] };
    expect(release(books, books.holds[0] ?? first)).toEqual([
      { kind: 'released', debit: { holdId: 'hold-0' }, credit: 'payable', amountCents: 930 },
      { kind: 'dispute_opened', debit: 'payable', credit: { holdId: 'hold-1' }, amountCents: 500 },
    ]);
  });

  test('E5: what is not there is owed', () => {
    const books = { ...empty.books, payableCents: cents(10), receivableCents: cents(0) };
    const taken = takeBack(books, { kind: 'refund', amountCents: cents(25), holdId: null, floorCents: null });
    expect(taken).toEqual([
      { kind: 'refund', debit: 'payable', credit: 'control', amountCents: 10 },
      { kind: 'refund', debit: 'receivable', credit: 'control', amountCents: 15 },
    ]);
  });

  test('C6: a hold keeps back what it wants, as far as that is payable and not kept back or taken back already', () => {
    const books = { ...empty.books, payableCents: cents(100) };
    const hold = newHold(books, 70);
    const kept = (change: Partial<Hold>) => keepBack(books, { ...hold, ...change }).map((each) => each.amountCents);
    expect(keepBack(books, hold)).toEqual([
      { kind: 'held', debit: 'payable', credit: { holdId: 'hold-0' }, amountCents: 70 },
    ]);
    expect(kept({ wantedCents: cents(130) })).toEqual([100]);
    expect(kept({ heldCents: cents(20), reversedCents: cents(30) })).toEqual([20]);
    expect(kept({ heldCents: cents(70) })).toEqual([]);
  });

  test('D8: what was written off of a refund is owed again when the refund fails, before anything is payable', () => {
    const given = { amountCents: cents(100), writtenOffCents: cents(60), ofHolds: {} };
    expect(giveBack(empty.books, given)).toEqual([
      { kind: 'write_off', debit: 'receivable', credit: 'control', amountCents: 60 },
      { kind: 'refund_failed', debit: 'control', credit: 'receivable', amountCents: 60 },
      { kind: 'refund_failed', debit: 'control', credit: 'payable', amountCents: 40 },
    ]);
  });
});
