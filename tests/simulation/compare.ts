// Holds the product's books against what the deeds come to, and tells where they first differ.

import type { Chronicle } from './deed.ts';
import { byBytes } from './oracle/arithmetic.ts';
import type { WriterPayout as OracleWriterPayout } from './oracle/books.ts';
import type { ClosedMonth } from './oracle/closed-month.ts';
import { type Reckoning, reckon } from './oracle/reckon.ts';
import { heldCents } from './oracle/writer-balances.ts';
import { type AskAsAdmin, type ProductBooks, type ProductMonth, readBooks } from './read-books.ts';

/** Something that has a value by the deeds and one in the product. */
interface Pair {
  /** Whose it is, e.g. `2026-11 writer wim`. */
  readonly of: string;
  readonly what: string;
  readonly byDeeds: Value;
  readonly inProduct: Value;
  readonly service: string;
}

type Value = number | string | null;

/** More than these are not told apart: no run has had so many. */
const mostUndecided = 10;

/**
 * Holds the product's books, read at the business instant `until`, against the deeds. What may have come before payouts or
 * after them is tried both ways. Returns where they first differ, or null.
 */
export async function differenceFromDeeds(
  chronicle: Chronicle,
  until: string,
  ask: AskAsAdmin,
): Promise<string | null> {
  const reckoning = reckon(chronicle, until);
  const books = await readBooks(ask, reckoning.closed.keys());
  const difference = firstDifference(reckoning, books);
  if (difference === null) return null;
  const undecided = [...reckoning.undecided].slice(0, mostUndecided);
  for (let choice = 1; choice < 2 ** undecided.length; choice++) {
    const late = new Set(undecided.filter((_, place) => Math.floor(choice / 2 ** place) % 2 === 1));
    if (firstDifference(reckon(chronicle, until, late), books) === null) return null;
  }
  return difference;
}

/**
 * Where the books first differ, as a sentence: `2026-11 writer wim: net 1,627 by the deeds, 1,626 in earnings`. Null when
 * every cent is where it should be.
 */
export function firstDifference(reckoning: Reckoning, books: ProductBooks): string | null {
  for (const { of, what, byDeeds, inProduct, service } of pairs(reckoning, books)) {
    if (byDeeds === inProduct) continue;
    return `${of}: ${what} ${shown(byDeeds)} by the deeds, ${shown(inProduct)} in ${service}`;
  }
  return null;
}

/** Everything that is compared, causes before what follows from them. */
function* pairs(reckoning: Reckoning, books: ProductBooks): Generator<Pair> {
  const months = new Set([...reckoning.closed.keys(), ...books.months.keys()]);
  for (const month of [...months].sort(byBytes)) {
    const expected = reckoning.closed.get(month);
    const found = books.months.get(month);
    const state = (isClosed: boolean) => (isClosed ? 'closed' : 'not closed');
    const [byDeeds, inProduct] = [state(expected !== undefined), state(found !== undefined)];
    yield { of: month, what: 'is', byDeeds, inProduct, service: 'earnings and payouts' };
    if (expected === undefined || found === undefined) continue;
    yield* ofSupporters(expected, found);
    yield* ofLines(expected, found);
    yield* ofWriters(expected, found);
    yield* ofPayouts(month, reckoning.payouts.get(month) ?? new Map(), found);
  }
  yield* ofBalances(reckoning, books);
  yield* ofLedger(reckoning, books);
}

function ofSupporters({ month, supporters }: ClosedMonth, found: ProductMonth): Generator<Pair> {
  const entries = found.supporters.map(({ userId, ...amounts }) => [userId, amounts] as const);
  return fields({
    of: (userId) => `${month} supporter ${userId}`,
    service: 'earnings',
    expected: supporters,
    found: new Map(entries),
    names: {
      budgetCents: 'paid budget',
      fundedCents: 'funded',
      unallocatedCents: 'unallocated',
      unfundedCents: 'unfunded',
    },
  });
}

function ofLines({ lines }: ClosedMonth, found: ProductMonth): Generator<Pair> {
  return fields({
    of: (lineId) => `line ${lineId}`,
    service: 'earnings',
    expected: new Map(lines.map((line) => [line.lineId, line])),
    found: new Map(found.lines.map((line) => [line.lineId, line])),
    names: { recipientUserId: 'recipient', usdCents: 'allocated', fundedCents: 'funded', feeCents: 'fee' },
  });
}

function ofWriters({ month, writers }: ClosedMonth, found: ProductMonth): Generator<Pair> {
  return fields({
    of: (userId) => `${month} writer ${userId}`,
    service: 'earnings',
    expected: writers,
    found: new Map(found.writers.map((writer) => [writer.userId, writer])),
    names: { grossCents: 'gross', platformFeeCents: 'platform fee', netCents: 'net', lineCount: 'lines' },
  });
}

function ofPayouts(
  month: string,
  payouts: ReadonlyMap<string, OracleWriterPayout>,
  found: ProductMonth,
): Generator<Pair> {
  const asReported = (payout: OracleWriterPayout) => {
    const isPaid = payout.status === 'paid';
    const isTaken = isPaid || payout.status === 'under_way';
    return {
      payoutStatus: payout.status,
      skipReason: payout.status === 'skipped' ? payout.reason : null,
      payoutGrossCents: isPaid ? payout.grossCents : 0,
      processingFeeCents: isPaid ? payout.processingFeeCents : 0,
      payoutNetCents: isPaid ? payout.netCents : 0,
      carriedOverCents: payout.payableCents - (isTaken ? payout.grossCents : 0),
    };
  };
  const reported = found.payouts.map((payout) => {
    // Why a payout failed is Stripe's word, of which deeds know nothing.
    const skipReason = payout.payoutStatus === 'skipped' ? payout.payoutReason : null;
    return [payout.userId, { ...payout, skipReason }] as const;
  });
  return fields({
    of: (userId) => `${month} payout of ${userId}`,
    service: 'payouts',
    expected: new Map([...payouts].map(([userId, payout]) => [userId, asReported(payout)])),
    found: new Map(reported),
    names: {
      payoutStatus: 'status',
      skipReason: 'reason',
      payoutGrossCents: 'gross',
      processingFeeCents: 'processing fee',
      payoutNetCents: 'net',
      carriedOverCents: 'carried over',
    },
  });
}

function ofBalances({ writers }: Reckoning, { obligations }: ProductBooks): Generator<Pair> {
  const balances = [...writers].map(([userId, balance]) => {
    const { payableCents, inFlightCents, receivableCents } = balance;
    return [userId, { payableCents, heldCents: heldCents(balance), receivableCents, inFlightCents }] as const;
  });
  const isAny = ([, amounts]: readonly [string, Readonly<Record<string, Value>>]) =>
    Object.values(amounts).some((cents) => cents !== 0);
  const owed = obligations.map(({ userId, ...amounts }) => [userId, amounts] as const);
  return fields({
    of: (userId) => `writer ${userId} in the end`,
    service: 'payouts',
    expected: new Map(balances.filter(isAny)),
    found: new Map(owed.filter(isAny)),
    names: { payableCents: 'payable', heldCents: 'held', receivableCents: 'receivable', inFlightCents: 'in flight' },
  });
}

function ofLedger(reckoning: Reckoning, books: ProductBooks): Generator<Pair> {
  const isAny = ([, cents]: readonly [string, number]) => cents !== 0;
  // How much lies in storage depends on what was owed at the moment in which it was funded.
  const isSplitKnown = reckoning.isStorageKnown && reckoning.undecided.size === 0;
  const asEntries = (ledger: ReadonlyMap<string, number>) =>
    new Map(
      [...(isSplitKnown ? ledger : withStorageInPayments(ledger))]
        .filter(isAny)
        .map(([account, debitsLessCredits]) => [account, { debitsLessCredits }]),
    );
  return fields({
    of: (account) => `account ${account} in the end`,
    service: 'the general ledger',
    expected: asEntries(reckoning.ledger),
    found: asEntries(books.ledger),
    names: { debitsLessCredits: 'debits less credits' },
  });
}

function withStorageInPayments(ledger: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const joined = new Map(ledger);
  const storageCents = joined.get('stripe:storage') ?? 0;
  joined.delete('stripe:storage');
  return joined.set('stripe:payments', (joined.get('stripe:payments') ?? 0) + storageCents);
}

/** Each named field of each entry, in order of the entries' keys. An entry that one side lacks differs as a whole. */
function* fields<Name extends string>(sides: {
  readonly of: (key: string) => string;
  readonly service: string;
  readonly expected: ReadonlyMap<string, Readonly<Record<NoInfer<Name>, Value>>>;
  readonly found: ReadonlyMap<string, Readonly<Record<NoInfer<Name>, Value>>>;
  readonly names: Readonly<Record<Name, string>>;
}): Generator<Pair> {
  const { of, service, expected, found, names } = sides;
  const keys = new Set([...expected.keys(), ...found.keys()]);
  for (const key of [...keys].sort(byBytes)) {
    const [left, right] = [expected.get(key), found.get(key)];
    for (const name in names) {
      const [byDeeds, inProduct] = [left?.[name] ?? null, right?.[name] ?? null];
      yield { of: of(key), what: names[name], byDeeds, inProduct, service };
    }
  }
}

function shown(value: Value): string {
  return typeof value === 'number' ? value.toLocaleString('en-US') : (value ?? 'nothing');
}
