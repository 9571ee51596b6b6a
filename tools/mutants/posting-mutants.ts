import type { Mutant } from './mutant.ts';

const source = 'services/billing/src';
const tests = 'services/billing/tests';

/** What a close posts in the general ledger, escrow and revenue. */
export const postingMutants: readonly Mutant[] = [
  {
    name: 'supporter-funds-not-zeroed',
    rule: 'B4',
    wrong: "what was left unallocated stays in the supporter's funds",
    file: `${source}/close/post-locked-funds.ts`,
    edits: [{ from: 'amountCents: unallocatedCents,', to: 'amountCents: zeroCents,' }],
    tests: [`${tests}/books.test.ts`],
  },
  {
    name: 'funds-taken-again-by-another-message',
    rule: 'B2',
    wrong: 'a chunk under another message id takes the funds of its supporters once more',
    file: `${source}/close/post-locked-funds.ts`,
    edits: [{ from: 'key: `allocation_locked:${month}:${userId}`', to: 'key: `allocation_locked:${id}:${userId}`' }],
    tests: [`${tests}/books.test.ts`],
  },
  {
    name: 'unallocated-twice',
    rule: 'B4',
    wrong: 'a chunk under another message id makes revenue of the same unallocated money again',
    file: `${source}/close/post-locked-funds.ts`,
    edits: [{ from: 'key: `unallocated_funds:${month}:${userId}`', to: 'key: `unallocated_funds:${id}:${userId}`' }],
    tests: [`${tests}/books.test.ts`],
  },
  {
    name: 'chunk-does-not-add-up',
    rule: 'B3',
    wrong: 'funds are posted from a chunk whose parts are not what was paid',
    file: `${source}/close/post-locked-funds.ts`,
    edits: [{ from: 'assert(paidCents === fundedCents + unallocatedCents,', to: 'assert(paidCents >= 0,' }],
    tests: [`${tests}/books.test.ts`],
  },
  {
    name: 'earnings-before-funds',
    rule: 'C2',
    wrong: "writers are credited before the funds of all the month's supporters are posted",
    file: `${source}/close/post-earnings.ts`,
    edits: [
      {
        from: "where series = ${lockBooks} and state = 'complete')`",
        to: 'where series = ${lockBooks})`',
      },
      {
        from: "where series = ${lockBooks} and state = 'complete'\n       and exists",
        to: 'where series = ${lockBooks}\n       and exists',
      },
    ],
    tests: [`${tests}/close.test.ts`],
  },
  {
    name: 'escrow-moved-twice',
    rule: 'Escrow',
    wrong: 'money that is on its way to storage is sent there again',
    file: `${source}/close/escrow.ts`,
    edits: [
      { from: 'cents(obligationsCents - storageCents - inTransitCents)', to: 'cents(obligationsCents - storageCents)' },
    ],
    tests: [`${source}/close/escrow.test.ts`],
  },
  {
    name: 'escrow-from-money-that-is-not-there',
    rule: 'Escrow',
    wrong: 'storage is funded with more than has arrived',
    file: `${source}/close/escrow.ts`,
    edits: [{ from: 'if (paymentsCents >= amountCents) return', to: 'if (paymentsCents > 0) return' }],
    tests: [`${source}/close/escrow.test.ts`],
  },
  {
    name: 'fee-of-a-returned-payout-kept',
    rule: 'D4',
    wrong: 'a payout that comes back leaves its processing fee with us',
    file: `${source}/close/post-payouts.ts`,
    edits: [
      {
        from: "return body.outcome === 'paid' ? paid : paid.map(undone);",
        to: "return body.outcome === 'paid' ? paid : paid.slice(0, 1).map(undone);",
      },
    ],
    tests: [`${tests}/close.test.ts`],
  },
  {
    name: 'revenue-key-with-the-try',
    rule: 'B8',
    wrong: "a month's revenue is withdrawn again when the answer was lost",
    file: `${source}/close/withdraw-revenue.ts`,
    edits: [
      {
        from: 'async function send(stripe: StripeClient, { month, amount_cents: amount }: RevenueWithdrawal)',
        to: 'async function send(stripe: StripeClient, { month, amount_cents: amount, tries }: RevenueWithdrawal)',
      },
      { from: 'idempotencyKey: `revenue-${month}` }', to: 'idempotencyKey: `revenue-${month}-${tries}` }' },
    ],
    tests: [`${tests}/revenue.test.ts`],
  },
  {
    name: 'revenue-of-what-is-disputed',
    rule: 'B8',
    wrong: 'revenue is withdrawn that a dispute may still take',
    file: `${source}/close/revenue.ts`,
    edits: [{ from: 'earnedCents - receivableCents - disputedCents -', to: 'earnedCents - receivableCents -' }],
    tests: [`${source}/close/revenue.test.ts`],
  },
];
