import { z } from 'zod';
import { UserIdSchema } from '../ids.ts';
import { CurrencySchema, NonNegativeCentsSchema } from '../money.ts';
import { MonthSchema } from '../month.ts';
import { RunSchema } from '../run.ts';
import { defineTopic } from './topic.ts';

/** Storage covers the month's obligations. `movedCents` is what this move brought there, 0 when it was covered already. */
export const escrowFunded = defineTopic({
  name: 'escrow.funded',
  summary: "Storage covers the month's obligations to writers.",
  key: 'month',
  owners: ['billing'],
  hearers: ['payouts'],
  schema: z.object({
    run: RunSchema,
    month: MonthSchema,
    currency: CurrencySchema,
    obligationsCents: NonNegativeCentsSchema,
    movedCents: NonNegativeCentsSchema,
    /** The Stripe object that moved the money; null where the move is one of the ledger only (`connect`). */
    stripeId: z.string().nullable(),
  }),
});

/** What a payout is made of: `grossCents` is the payable balance, `netCents` what is transferred (D1). */
const payoutAmounts = {
  currency: CurrencySchema,
  grossCents: NonNegativeCentsSchema,
  processingFeeCents: NonNegativeCentsSchema,
  netCents: NonNegativeCentsSchema,
};

/** A command for the transfer worker; the reservation is already in the sub-ledger (D3). */
export const payoutRequested = defineTopic({
  name: 'payout.requested',
  summary: 'A command for the transfer worker: writer, account, amounts.',
  key: 'payout id',
  owners: ['payouts'],
  hearers: ['earnings', 'payouts'],
  schema: z.object({
    run: RunSchema,
    payoutId: z.uuid(),
    month: MonthSchema,
    recipientUserId: UserIdSchema,
    accountId: z.string(),
    ...payoutAmounts,
  }),
});

/** How a payout ends; `paid` may still become `returned` (D4). */
export const PayoutOutcomeSchema = z.enum(['paid', 'failed', 'returned', 'canceled']);

/** The outcome of a payout, with Stripe's id and reason. */
export const payoutSettled = defineTopic({
  name: 'payout.settled',
  summary: "The outcome of a payout, with Stripe's ids and reason.",
  key: 'recipientUserId',
  owners: ['payouts'],
  hearers: ['billing', 'earnings'],
  keptParts: 'all',
  schema: z.object({
    run: RunSchema,
    payoutId: z.uuid(),
    month: MonthSchema,
    recipientUserId: UserIdSchema,
    outcome: PayoutOutcomeSchema,
    transferId: z.string().nullable(),
    reason: z.string().nullable(),
    at: z.iso.datetime({ precision: 3 }),
    ...payoutAmounts,
  }),
});

/** A writer's payout account: able to receive, or why not (D2). */
export const writerChanged = defineTopic({
  name: 'writer.changed',
  summary: "A writer's payout account: able to receive, or why not.",
  key: 'userId',
  owners: ['payouts'],
  hearers: [],
  schema: z.object({
    userId: UserIdSchema,
    version: z.int().positive(),
    accountId: z.string().nullable(),
    canReceive: z.boolean(),
    reason: z.enum(['no_payout_account', 'account_restricted']).nullable(),
  }),
});

/** A verified, deduplicated Stripe event that another service needs; the object at Stripe is the truth, this wakes. */
export const stripeReceived = defineTopic({
  name: 'stripe.received',
  summary: 'A verified, deduplicated Stripe event that another service needs.',
  key: 'Stripe object id',
  owners: ['billing'],
  hearers: ['payouts'],
  schema: z.object({
    eventId: z.string(),
    type: z.string(),
    objectId: z.string(),
    accountId: z.string().nullable(),
    created: z.iso.datetime(),
  }),
});
