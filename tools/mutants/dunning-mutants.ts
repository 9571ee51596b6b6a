import type { Mutant } from './mutant.ts';

const source = 'services/billing/src';
const tests = 'services/billing/tests';

/** Renewals that are not paid. */
export const dunningMutants: readonly Mutant[] = [
  {
    name: 'past-due-not-said',
    rule: 'E4',
    wrong: 'a subscription whose renewal has failed is active',
    file: `${source}/subscription/subscription.ts`,
    edits: [
      {
        from: "    case 'trialing':\n      return 'active';",
        to: "    case 'trialing':\n      return 'active';\n    case 'past_due':\n      return 'active';",
      },
      { from: "    case 'past_due':\n    case 'unpaid':", to: "    case 'unpaid':" },
    ],
    tests: [`${tests}/dunning.test.ts`],
  },
  {
    name: 'given-up-renewal-expected',
    rule: 'E4, A7',
    wrong: 'a renewal that Stripe has given up is still expected',
    file: `${source}/funding/decide-invoice.ts`,
    edits: [
      {
        from: "reading.status === 'draft' || reading.status === 'open';",
        to: "reading.status === 'draft' || reading.status === 'open' || reading.status === 'uncollectible';",
      },
    ],
    tests: [`${tests}/dunning.test.ts`],
  },
  {
    name: 'given-up-renewal-stays-payable',
    rule: 'E4, E7',
    wrong: 'a renewal that was given up can still be paid when its month is over',
    file: `${source}/funding/close-funding.ts`,
    edits: [
      {
        from: "reading.status === 'open' || reading.status === 'uncollectible';",
        to: "reading.status === 'open';",
      },
    ],
    tests: [`${tests}/dunning.test.ts`, `${tests}/funding.test.ts`],
  },
  {
    name: 'past-due-not-expected',
    rule: 'E4',
    wrong: 'a subscription that is past due is not expected to renew',
    file: `${source}/funding/refresh-funding.ts`,
    edits: [
      {
        from: "and state in ('active', 'past_due')\n             and started_at",
        to: "and state = 'active'\n             and started_at",
      },
    ],
    tests: [`${tests}/dunning.test.ts`, `${tests}/funding.test.ts`],
  },
  {
    name: 'raise-while-past-due',
    rule: 'E3, E4',
    wrong: 'a raise is made although an earlier renewal is still asked for',
    file: `${source}/subscription/change.ts`,
    edits: [
      { from: "return isPaid && state === 'active' ? 'raise'", to: "return isPaid && state !== 'ended' ? 'raise'" },
    ],
    tests: [`${source}/subscription/change.test.ts`],
  },
];
