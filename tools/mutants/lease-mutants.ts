import type { Mutant } from './mutant.ts';

const source = 'services/billing/src';
const tests = 'services/billing/tests';

/** Billing's claims of work at Stripe: events, refunds, moves of escrow, withdrawals, orders and changes of subscriptions. */
export const leaseMutants: readonly Mutant[] = [
  {
    name: 'event-claimed-by-two',
    rule: 'E1',
    wrong: 'a replica takes events that another is at work on',
    file: `${source}/stripe/event-queue.ts`,
    edits: [{ from: 'set due_at = ${leaseUntil}, attempts', to: 'set due_at = due_at, attempts' }],
    tests: [`${tests}/event-leases.test.ts`],
  },
  {
    name: 'event-lease-not-renewed',
    rule: 'E1',
    wrong: 'a replica that works on events for long loses them to another',
    file: `${source}/stripe/event-queue.ts`,
    edits: [{ from: 'update stripe_event set due_at = ${next}\n', to: 'update stripe_event set due_at = due_at\n' }],
    tests: [`${tests}/event-leases.test.ts`],
  },
  {
    name: 'refund-claimed-by-two',
    rule: 'E7, D3',
    wrong: 'a refund that one replica is at is asked for by another, too',
    file: `${source}/reversals/send-refunds.ts`,
    edits: [{ from: '\n          and (lease_until is null or lease_until <= ${now})', to: '' }],
    tests: [`${tests}/billing-leases.test.ts`],
  },
  {
    name: 'escrow-move-claimed-by-two',
    rule: 'Escrow',
    wrong: 'a move of escrow that one replica is at is made by another, too',
    file: `${source}/close/fund-escrow.ts`,
    edits: [
      {
        from: "\n      .where(({ eb, or }) => or([eb('lease_until', 'is', null), eb('lease_until', '<=', now)]))",
        to: '',
      },
    ],
    tests: [`${tests}/billing-leases.test.ts`],
  },
  {
    name: 'withdrawal-claimed-by-two',
    rule: 'B8',
    wrong: 'a withdrawal that one replica is at is made by another, too',
    file: `${source}/close/withdraw-revenue.ts`,
    edits: [
      {
        from: "\n      .where(({ eb, or }) => or([eb('lease_until', 'is', null), eb('lease_until', '<=', now)]))",
        to: '',
      },
    ],
    tests: [`${tests}/billing-leases.test.ts`],
  },
  {
    name: 'order-taken-over-at-once',
    rule: 'E3',
    wrong: 'another order takes the place of one that Stripe is still being asked about',
    file: `${source}/subscription/prepare-subscription.ts`,
    edits: [
      {
        from: 'if (known.lease_until !== null && known.lease_until > now) return refuseBusy();',
        to: 'void refuseBusy;',
      },
    ],
    tests: [`${tests}/checkout.test.ts`, `${tests}/subscription.test.ts`],
  },
  {
    name: 'change-taken-over-at-once',
    rule: 'E3',
    wrong: 'another change takes the place of one that Stripe is still being asked about',
    file: `${source}/subscription/record-change.ts`,
    edits: [
      {
        from: "return change.state !== 'unclear' && change.lease_until !== null",
        to: "return change.state === 'done' && change.lease_until !== null",
      },
    ],
    tests: [`${tests}/raises.test.ts`],
  },
  {
    name: 'overtaken-order-goes-on',
    rule: 'E3',
    wrong: 'an order whose place another has taken is made at Stripe all the same',
    file: `${source}/subscription/prepare-subscription.ts`,
    edits: [
      {
        from: "      .where('state', 'in', ['creating', 'active', 'past_due'])\n      .executeTakeFirstOrThrow(),\n  );\n  if (numUpdatedRows !== 1n) refuseBusy();",
        to: "      .where('state', 'in', ['creating', 'active', 'past_due'])\n      .executeTakeFirstOrThrow(),\n  );\n  if (numUpdatedRows < 0n) refuseBusy();",
      },
    ],
    tests: [`${tests}/subscription.test.ts`],
  },
];
