import type { Mutant } from './mutant.ts';

const source = 'services/payouts/src';
const tests = 'services/payouts/tests';

/** Who is paid, and what takes money back. */
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
    name: 'carried-balance-not-judged',
    rule: 'D1',
    wrong: 'a balance from before is not paid in a month in which its writer has earned nothing',
    file: `${source}/judge-writers.ts`,
    edits: [{ from: 'if (!hasEarned && writer.payableCents === 0) return [];', to: 'if (!hasEarned) return [];' }],
    tests: [`${tests}/month-of-payouts.test.ts`],
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
    tests: [`${tests}/month-of-payouts.test.ts`],
  },
  {
    name: 'paid-before-what-is-taken-back',
    rule: 'E5',
    wrong: 'writers are judged before what was taken back of their month, though the closing message counts it',
    file: `${source}/payout-month.ts`,
    edits: [{ from: " and state <> 'complete' and expected is not null", to: ' and false' }],
    tests: [`${tests}/early-reversals.test.ts`],
  },
  {
    name: 'later-reversal-counts-as-early',
    rule: 'E5',
    wrong: 'what is taken back later stands in for what judging waits for',
    file: `${source}/adjustments/apply-reversals.ts`,
    edits: [{ from: 'parts.filter(({ beforeClosing }) => beforeClosing)', to: 'parts.filter(({ run }) => run.runId)' }],
    tests: [`${tests}/early-reversals.test.ts`],
  },
  {
    name: 'taken-before-the-credit',
    rule: 'E5',
    wrong: 'what is taken back of a month before it is credited comes out of what is held of another',
    file: `${source}/adjustments/wait-for-credits.ts`,
    edits: [{ from: 'uncredited.has(writerMonthOf(part))', to: 'uncredited.has(part.messageId)' }],
    tests: [`${tests}/early-reversals.test.ts`],
  },
  {
    name: 'misfits-hide-what-waits',
    rule: 'E5',
    wrong: 'a hundred parts that do not fit keep those behind them from being taken back',
    file: `${source}/adjustments/wait-for-credits.ts`,
    edits: [
      {
        from: 'if (last === undefined || rows.length < partsPerPage) return;',
        to: 'if (last === undefined || after === 0) return;',
      },
    ],
    tests: [`${tests}/early-reversals.test.ts`],
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
  {
    name: 'platform-fee-not-shown',
    rule: 'D7',
    wrong: 'a payout shows no platform fee',
    file: `${source}/fees.ts`,
    edits: [{ from: 'platformFeeCents: cents(payout.platform_fee_cents)', to: 'platformFeeCents: cents(0)' }],
    tests: [`${tests}/month-of-payouts.test.ts`],
  },
];
