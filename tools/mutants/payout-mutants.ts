import type { Mutant } from './mutant.ts';

const source = 'services/payouts/src';
const tests = 'services/payouts/tests';
const faults = `${tests}/transfer-faults.test.ts`;

/** Who is paid, how a transfer is made once, and what takes money back. */
export const payoutMutants: readonly Mutant[] = [
  {
    name: 'minimum-before-the-receivable',
    rule: 'D1',
    wrong: 'the minimum is compared with what is payable before what is owed to us comes off it',
    file: `${source}/payout.ts`,
    edits: [
      {
        from: 'balanceCents < terms.minimumCents || netCents < 1',
        to: 'writer.payableCents < terms.minimumCents || netCents < 1',
      },
    ],
    tests: [`${source}/payout.test.ts`],
  },
  {
    name: 'minimum-excluded',
    rule: 'D1',
    wrong: 'a balance of exactly the minimum is not paid',
    file: `${source}/payout.ts`,
    edits: [
      {
        from: 'balanceCents < terms.minimumCents || netCents < 1',
        to: 'balanceCents <= terms.minimumCents || netCents < 1',
      },
    ],
    tests: [`${source}/payout.test.ts`],
  },
  {
    name: 'processing-fee-rounded-down',
    rule: 'D1',
    wrong: 'half a cent of the processing fee is dropped',
    file: `${source}/payout.ts`,
    edits: [
      {
        from: 'basisPointsOf(balanceCents, terms.processingFeeBps) +',
        to: 'Math.floor((balanceCents * terms.processingFeeBps) / 10_000) +',
      },
    ],
    tests: [`${source}/payout.test.ts`],
  },
  {
    name: 'payout-of-nothing',
    rule: 'D1',
    wrong: 'a payout is made of which nothing reaches the writer',
    file: `${source}/payout.ts`,
    edits: [
      {
        from: 'balanceCents < terms.minimumCents || netCents < 1',
        to: 'balanceCents < terms.minimumCents || netCents < 0',
      },
    ],
    tests: [`${source}/payout.test.ts`],
  },
  {
    name: 'reason-order',
    rule: 'D2',
    wrong: 'a writer whose money is held is told that the balance is too small',
    file: `${source}/payout.ts`,
    edits: [
      {
        from: "if (isTooLittle && writer.heldCents > 0) return skip('on_hold');",
        to: "if (writer.heldCents < 0) return skip('on_hold');",
      },
    ],
    tests: [`${source}/payout.test.ts`],
  },
  {
    name: 'paid-while-in-flight',
    rule: 'D2',
    wrong: 'a second payout is made while one is on its way',
    file: `${source}/payout.ts`,
    edits: [{ from: "if (writer.hasPayoutInFlight) return skip('already_in_flight');", to: '' }],
    tests: [`${source}/payout.test.ts`],
  },
  {
    name: 'paid-before-escrow',
    rule: 'D1',
    wrong: 'payouts are requested before storage covers them',
    file: `${source}/month-to-judge.ts`,
    edits: [{ from: ' || !next.escrow_funded', to: '' }],
    tests: [`${tests}/month-of-payouts.test.ts`],
  },
  {
    name: 'paid-before-the-month-is-complete',
    rule: 'C2',
    wrong: 'writers are judged before all earnings of the month are credited',
    file: `${source}/month-to-judge.ts`,
    edits: [{ from: ' || !next.credits_complete', to: '' }],
    tests: [`${tests}/month-of-payouts.test.ts`, 'tests/races-of-money.test.ts'],
  },
  {
    name: 'payout-key-without-the-attempt',
    rule: 'D3',
    wrong: 'a refusal is replayed for ever, since each attempt has the same key',
    file: `${source}/transfer-attempt.ts`,
    edits: [
      { from: 'return `payout-${payoutId}-${attempt}`;', to: 'return `payout-${payoutId}-${Math.min(attempt, 1)}`;' },
    ],
    tests: [faults],
  },
  {
    name: 'payout-key-with-the-try',
    rule: 'D3',
    wrong: 'each call has a key of its own, and a lost answer pays twice',
    file: `${source}/send-transfers.ts`,
    edits: [{ from: 'transferKey(claimed.id, claimed.attempt)) };', to: 'transferKey(claimed.id, claimed.tries)) };' }],
    tests: [faults],
  },
  {
    name: 'attempt-rises-after-429',
    rule: 'D3',
    wrong: 'a call that was only too early is made again under another key',
    file: `${source}/connect-escrow.ts`,
    edits: [
      {
        from: "if (next !== 'refused') return { kind: next, detail };",
        to: "if (next !== 'refused') return { kind: next === 'same_key' ? 'next_key' : next, detail };",
      },
    ],
    tests: [faults],
  },
  {
    name: 'no-look-up-after-5xx',
    rule: 'D3',
    wrong: 'a v1 call that Stripe failed is repeated under a key that replays the failure',
    file: 'libs/service-kit/src/stripe.ts',
    edits: [{ from: "return { next: 'look_up', error };", to: "return { next: 'same_key', error };" }],
    tests: [faults],
  },
  {
    name: 'one-look-up-is-enough',
    rule: 'D3',
    wrong: 'the attempt rises after a single look that may have come too early',
    file: `${source}/send-transfers.ts`,
    edits: [{ from: "if (claimed.state !== 'look_up_again') return", to: "if (claimed.state === 'send') return" }],
    tests: [faults],
  },
  {
    name: 'forgotten-key-used',
    rule: 'D3',
    wrong: 'a key that Stripe has forgotten is used again, and pays a second time',
    file: `${source}/send-transfers.ts`,
    edits: [
      {
        from: "claimed.state !== 'send' || keyAgeMs > context.escrow.keyLifetimeMs",
        to: "claimed.state !== 'send' || keyAgeMs < 0",
      },
    ],
    tests: [faults],
  },
  {
    name: 'returned-payout-lost',
    rule: 'D4',
    wrong: 'the money of a payout that comes back is not payable again',
    file: `${source}/transfer-outcome.ts`,
    edits: [
      {
        from: "return status === 'paid' ? { status: 'returned', transferId, reason: state.reason } : null;",
        to: 'return null;',
      },
    ],
    tests: [faults],
  },
  {
    name: 'hold-not-subtracted',
    rule: 'C6',
    wrong: 'held money is paid',
    file: `${source}/adjustments/writer-books.ts`,
    edits: [
      {
        from: 'const missing = Math.min(books.payableCents, wanted);',
        to: 'const missing = Math.min(books.payableCents, wanted, 0);',
      },
    ],
    tests: [`${source}/adjustments/writer-books.test.ts`],
  },
  {
    name: 'receivable-repaid-twice',
    rule: 'D8',
    wrong: 'a credit that is delivered again repays the debt again',
    file: `${source}/credit-earnings.ts`,
    edits: [
      {
        from: 'writers.filter((writer) => isNew.has(writer.recipientUserId))',
        to: 'writers.filter((writer) => isNew.size >= 0 && writer.netCents > 0)',
      },
    ],
    tests: [`${tests}/reversals.test.ts`],
  },
  {
    name: 'written-off-paid-again',
    rule: 'D8',
    wrong: 'when a refund fails, what of it was written off is paid to the writer a second time',
    file: `${source}/adjustments/writer-books.ts`,
    edits: [
      { from: 'const owedAgain = Math.min(left, given.writtenOffCents);', to: 'const owedAgain = Math.min(left, 0);' },
    ],
    tests: [`${source}/adjustments/writer-books.test.ts`],
  },
  {
    name: 'debt-beyond-the-floor',
    rule: 'D8',
    wrong: 'a writer owes more than the floor allows',
    file: `${source}/adjustments/writer-books.ts`,
    edits: [{ from: 'Math.min(left, books.receivableCents + left - floorCents)', to: '0' }],
    tests: [`${source}/adjustments/writer-books.test.ts`],
  },
  {
    name: 'payouts-of-others-readable',
    rule: 'Safety',
    wrong: "a writer reads somebody else's payout",
    file: `${source}/read-payouts.ts`,
    edits: [{ from: "identity.roles.has('admin') ? sql`true`", to: 'identity.roles.size > 0 ? sql`true`' }],
    tests: [`${tests}/month-of-payouts.test.ts`],
  },
  {
    name: 'balances-not-locked',
    rule: 'C6',
    wrong: 'a hold and a payout take the same money at the same time',
    file: `${source}/adjustments/read-books.ts`,
    edits: [
      {
        from: 'select pg_advisory_xact_lock(${lockClass}, hashtext(current_schema()))`',
        to: 'select ${lockClass}::integer`',
      },
    ],
    tests: ['tests/races-of-money.test.ts'],
  },
];
