// Holds the product's books against what the deeds come to, and tells where they first differ.

import { ofExplained } from './compare-explained.ts';
import { fields, type Pair, type Value } from './compare-fields.ts';
import type { Chronicle } from './deed.ts';
import { byBytes } from './oracle/arithmetic.ts';
import type { WriterPayout as OracleWriterPayout } from './oracle/books.ts';
import type { ClosedMonth } from './oracle/closed-month.ts';
import { type Reckoning, reckon } from './oracle/reckon.ts';
import { heldCents } from './oracle/writer-balances.ts';
import type { ProductBooks } from './product-books.ts';
import type { ProductMonth } from './read-books.ts';
import { toldAct } from './story.ts';

/**
 * Holds the product's books, read at the business instant `until`, against the deeds. `read` is told what they
 * come to. Returns where they first differ, or null.
 */
export async function differenceFromDeeds(
  chronicle: Chronicle,
  until: string,
  read: (reckoning: Reckoning) => Promise<ProductBooks>,
): Promise<string | null> {
  const reckoning = reckon(chronicle, until);
  return firstDifference(reckoning, await read(reckoning));
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
  yield* ofAnswers(reckoning);
  yield* ofPlans(reckoning, books);
  for (const [month, found] of [...books.months].sort(([a], [b]) => byBytes(a, b))) {
    const expected = reckoning.closed.get(month);
    const state = (isClosed: boolean) => (isClosed ? 'closed' : 'not closed');
    const [byDeeds, inProduct] = [state(expected !== undefined), state(found !== null)];
    yield { of: month, what: 'is', byDeeds, inProduct, service: 'earnings and payouts' };
    if (expected === undefined || found === null) continue;
    yield* ofSupporters(expected, found);
    yield* ofLines(expected, found);
    yield* ofWriters(expected, found);
    yield* ofPayouts(month, reckoning.payouts.get(month) ?? new Map(), found);
  }
  yield* ofBalances(reckoning, books);
  yield* ofLedger(reckoning, books);
  yield* ofExplained(reckoning, books);
}

function* ofAnswers({ misanswered }: Reckoning): Generator<Pair> {
  for (const { deed, foretold: byDeeds, answered: inProduct } of misanswered) {
    const of = `${deed.at} ${toldAct(deed)}`;
    yield { of, what: 'is', byDeeds, inProduct, service: 'fact' };
  }
}

function* ofPlans({ plans, schedules }: Reckoning, books: ProductBooks): Generator<Pair> {
  yield* fields({
    of: (name) => `allocation ${name}`,
    service: 'allocations',
    expected: plans,
    found: books.plans,
    names: { usdCents: 'amount', recipientUserId: 'recipient', version: 'version' },
  });
  const asEntries = (states: ReadonlyMap<string, string>) => new Map([...states].map(([id, state]) => [id, { state }]));
  yield* fields({
    of: (id) => `schedule ${id}`,
    service: 'allocations',
    expected: asEntries(schedules),
    found: asEntries(books.schedules),
    names: { state: 'is' },
  });
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
    of: (userId) => `writer ${userId}`,
    service: 'payouts',
    expected: new Map(balances.filter(isAny)),
    found: new Map(owed.filter(isAny)),
    names: { payableCents: 'payable', heldCents: 'held', receivableCents: 'receivable', inFlightCents: 'in flight' },
  });
}

function ofLedger(reckoning: Reckoning, books: ProductBooks): Generator<Pair> {
  const isAny = ([, cents]: readonly [string, number]) => cents !== 0;
  // How much lies in storage depends on what was owed at the moment in which it was funded.
  const joined = [
    ...(reckoning.isStorageDecided ? [] : ['stripe:storage']),
    ...(books.isSwept ? [] : ['stripe:pending']),
    ...(books.isRefunding ? ['suspense'] : []),
  ];
  const asEntries = (ledger: ReadonlyMap<string, number>) =>
    new Map(
      [...joinedToPayments(ledger, joined)]
        .filter(isAny)
        .map(([account, debitsLessCredits]) => [account, { debitsLessCredits }]),
    );
  return fields({
    of: (account) => `account ${account}`,
    service: 'the general ledger',
    expected: asEntries(withStorageAsFound(reckoning, books)),
    found: asEntries(books.ledger),
    names: { debitsLessCredits: 'debits less credits' },
  });
}

/** The ledger with as much in storage as was found there, as far as that may be. */
function withStorageAsFound({ ledger, storageMoreCents }: Reckoning, books: ProductBooks): ReadonlyMap<string, number> {
  const of = (accounts: ReadonlyMap<string, number>, account: string) => accounts.get(account) ?? 0;
  const foundMore = of(books.ledger, 'stripe:storage') - of(ledger, 'stripe:storage');
  const more = Math.min(Math.max(foundMore, 0), storageMoreCents);
  const moved = new Map(ledger);
  moved.set('stripe:storage', of(ledger, 'stripe:storage') + more);
  return moved.set('stripe:payments', of(ledger, 'stripe:payments') - more);
}

/** The ledger with the accounts between which nothing is decided as one. */
function joinedToPayments(ledger: ReadonlyMap<string, number>, accounts: readonly string[]) {
  const joined = new Map(ledger);
  for (const account of accounts) {
    joined.set('stripe:payments', (joined.get('stripe:payments') ?? 0) + (joined.get(account) ?? 0));
    joined.delete(account);
  }
  return joined;
}

function shown(value: Value): string {
  return typeof value === 'number' ? value.toLocaleString('en-US') : (value ?? 'nothing');
}
