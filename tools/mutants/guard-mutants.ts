import type { Mutant } from './mutant.ts';

/** A rule of a service's database that is taken away. */
interface Guard {
  readonly name: string;
  readonly rule: string;
  readonly wrong: string;
  readonly from: string;
  /** What is left of it; nothing unless told. */
  readonly to?: string;
}

const guards: Readonly<Record<string, readonly Guard[]>> = {
  'libs/service-kit/migrations/0001_kit.sql': [
    {
      name: 'empty-messages-kept',
      rule: 'Outbox',
      wrong: 'the outbox takes a message without a body',
      from: ',\n  check (num_nonnulls(payload, blob_id) = 1)',
    },
  ],
  'libs/service-kit/migrations/0002_idempotency.sql': [
    {
      name: 'half-an-answer-kept',
      rule: 'Idempotency-Key',
      wrong: 'an answer is kept of which a part is missing',
      from: ',\n  check (num_nulls(status, content_type, body) in (0, 3))',
    },
  ],
  'services/allocations/migrations/0001_allocations.sql': [
    {
      name: 'paid-budget-below-nothing',
      rule: 'A4',
      wrong: 'the database takes a budget of which less than nothing was paid',
      from: ' check (paid_cents >= 0)',
    },
    {
      name: 'wish-of-nothing',
      rule: 'A4',
      wrong: 'the database takes a standing wish of nothing',
      from: 'usd_cents bigint not null check (usd_cents > 0)',
      to: 'usd_cents bigint not null',
    },
    {
      name: 'history-can-be-rewritten',
      rule: 'A10',
      wrong: 'the service can change what is on record of plans',
      from: 'revoke update, delete, truncate on allocation_change from {{app_role}};',
    },
    {
      name: 'locked-month-unchecked',
      rule: 'B3',
      wrong: 'the database takes a month whose funded and unallocated cents are not what was paid',
      from: ',\n  check (funded_cents + unallocated_cents = paid_cents)',
    },
    {
      name: 'locked-lines-can-be-changed',
      rule: 'B1',
      wrong: 'the service can change lines that are frozen',
      from: 'revoke update, delete, truncate on close_chunk from {{app_role}};',
    },
    {
      name: 'closes-can-be-removed',
      rule: 'B6',
      wrong: 'the service can remove the close of a month, and so open it again',
      from: 'revoke delete, truncate on month_close from {{app_role}};',
    },
  ],
  'services/allocations/migrations/0004_writers_and_preferences.sql': [
    {
      name: 'writer-in-two-states',
      rule: 'A11',
      wrong: 'the database takes two states of a writer at the same time',
      from: 'create unique index writer_state_current',
      to: 'create index writer_state_current',
    },
  ],
  'services/allocations/migrations/0005_rehearsals.sql': [
    {
      name: 'close-among-rehearsals',
      rule: 'B4',
      wrong: 'the database takes a close where the next rehearsal removes it',
      from: " check (kind = 'rehearsal')",
    },
  ],
  'services/allocations/migrations/0006_schedules.sql': [
    {
      name: 'span-that-ends-before-it-begins',
      rule: 'A9',
      wrong: 'the database takes a span whose last month is before its first',
      from: '  check (through_month >= from_month),\n',
    },
  ],
  'services/billing/migrations/0001_subscriptions.sql': [
    {
      name: 'two-subscriptions-of-one',
      rule: 'E3',
      wrong: 'the database takes two subscriptions of a supporter that both go on',
      from: 'create unique index subscription_one_a_user',
      to: 'create index subscription_one_a_user',
    },
  ],
  'services/billing/migrations/0003_funding.sql': [
    {
      name: 'unpaid-invoice-funds',
      rule: 'E1',
      wrong: 'the database takes an open invoice that has funded its month',
      from: ",\n  check (outcome is null or status = 'paid')",
    },
    {
      name: 'charge-of-two-payments',
      rule: 'E1',
      wrong: 'the database takes a charge for two payments',
      from: 'charge_id text collate "C" unique',
      to: 'charge_id text collate "C"',
    },
    {
      name: 'closed-funding-can-be-changed',
      rule: 'B7',
      wrong: 'the service can change the control totals of a funding that is complete',
      from: 'revoke update, delete on funding_close from {{app_role}};',
    },
  ],
  'services/billing/migrations/0006_subscription_changes.sql': [
    {
      name: 'two-changes-under-way',
      rule: 'E3',
      wrong: 'the database takes two changes of a subscription that Stripe may both not know yet',
      from: 'create unique index subscription_change_unfinished',
      to: 'create index subscription_change_unfinished',
    },
  ],
  'services/billing/migrations/0007_reversals.sql': [
    {
      name: 'refund-of-two-orders',
      rule: 'E7',
      wrong: 'the database takes one refund of Stripe for two that were ordered',
      from: 'stripe_id text unique',
      to: 'stripe_id text',
    },
    {
      name: 'reversal-undone-twice',
      rule: 'E5',
      wrong: 'the database takes two ends of the same dispute',
      from: 'create unique index reversal_settles',
      to: 'create index reversal_settles',
    },
    {
      name: 'facts-of-stripe-can-be-changed',
      rule: 'E5',
      wrong: 'the service can change what Stripe has told of a payment',
      from: 'revoke update, delete on payment_fact from {{app_role}};',
    },
    {
      name: 'reversals-can-be-changed',
      rule: 'E5',
      wrong: 'the service can change what was taken back',
      from: 'revoke update, delete on reversal from {{app_role}};',
    },
  ],
  'services/billing/migrations/0010_revenue_withdrawals.sql': [
    {
      name: 'withdrawal-of-two-months',
      rule: 'B8',
      wrong: 'the database takes one payout of revenue for two months',
      from: 'stripe_id text unique',
      to: 'stripe_id text',
    },
  ],
  'services/earnings/migrations/0001_earnings.sql': [
    {
      name: 'two-closes-of-a-month',
      rule: 'B2',
      wrong: 'the database takes a second close of a month',
      from: 'create unique index run_month',
      to: 'create index run_month',
    },
    {
      name: 'funded-beyond-the-wish',
      rule: 'A6',
      wrong: 'the database takes a line that is funded beyond its allocation',
      from: ' check (funded_cents between 0 and usd_cents)',
    },
    {
      name: 'lines-can-be-changed',
      rule: 'C4',
      wrong: 'the service can change lines',
      from: 'revoke update, delete on line from {{app_role}};',
    },
    {
      name: 'earnings-can-be-changed',
      rule: 'C4',
      wrong: "the service can change writers' months",
      from: 'revoke update, delete on writer_month from {{app_role}};',
    },
  ],
  'services/earnings/migrations/0006_reversals.sql': [
    {
      name: 'reversal-spread-twice',
      rule: 'E5',
      wrong: 'the database takes two ends of a dispute, and both give its cents back',
      from: 'create unique index reversal_settles',
      to: 'create index reversal_settles',
    },
    {
      name: 'reversed-lines-can-be-changed',
      rule: 'E5',
      wrong: 'the service can change what a reversal took of a line',
      from: 'revoke update, delete on line_reversal from {{app_role}};',
    },
  ],
  'services/earnings/migrations/0008_holds.sql': [
    {
      name: 'hold-begins-again',
      rule: 'C6',
      wrong: 'the database takes a hold that is placed again after its end',
      from: ",\n  check ((state = 'held') = (version = 1))",
    },
  ],
  'services/payouts/migrations/0001_payouts.sql': [
    {
      name: 'two-payouts-of-a-month',
      rule: 'D1',
      wrong: 'the database takes two payouts of one writer and month',
      from: '  unique (month, user_id),\n',
    },
    {
      name: 'payout-does-not-add-up',
      rule: 'D1',
      wrong: 'the database takes a payout whose fee and net are not its gross',
      from: ',\n  check (gross_cents = processing_fee_cents + net_cents)',
    },
    {
      name: 'judged-without-a-reason',
      rule: 'D2',
      wrong: 'the database takes a writer who is neither paid nor told why',
      from: ',\n  check ((reason is null) = (payout_id is not null))',
    },
    {
      name: 'account-of-two-writers',
      rule: 'D1',
      wrong: 'the database takes one payout account for two writers',
      from: 'account_id text unique',
      to: 'account_id text',
    },
    {
      name: 'attempts-can-be-changed',
      rule: 'D3',
      wrong: 'the service can change what it has asked of Stripe, and what writers were credited',
      from: 'revoke update, delete on payout_attempt, writer_credit from {{app_role}};',
    },
  ],
  'services/payouts/migrations/0005_adjustments.sql': [
    {
      name: 'held-below-nothing',
      rule: 'C6',
      wrong: 'the database takes a hold that keeps back less than nothing',
      from: ' check (held_cents >= 0)',
    },
    {
      name: 'adjustments-can-be-changed',
      rule: 'D8',
      wrong: 'the service can change what was taken back of a writer',
      from: 'revoke update, delete on adjustment from {{app_role}};',
    },
  ],
  'services/monitoring/migrations/0003_parked_messages.sql': [
    {
      name: 'orders-can-be-changed',
      rule: 'F6',
      wrong: 'the service can change what operators have ordered',
      from: 'revoke update, delete on operator_order from {{app_role}};',
    },
  ],
};

/** Rules that the databases keep, whatever the services do. */
export const guardMutants: readonly Mutant[] = Object.entries(guards).flatMap(([file, ofFile]) =>
  ofFile.map(({ from, to = '', ...guard }) => ({
    ...guard,
    file,
    edits: [{ from, to }],
    tests: ['tests/database-guards.test.ts'],
  })),
);
