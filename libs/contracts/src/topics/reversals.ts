import { z } from 'zod';
import { UserIdSchema } from '../ids.ts';
import { CurrencySchema, NonNegativeCentsSchema, zeroCents } from '../money.ts';
import { MonthSchema } from '../month.ts';
import { RunSchema } from '../run.ts';
import { defineTopic } from './topic.ts';

/**
 * What takes back money of a month that is locked (E5), or gives it back again. `refund_failed` undoes a `refund`;
 * `dispute_won` and `dispute_lost` settle a `dispute_opened`; `operator` is an admin's answer to a question (C6).
 */
export const ReversalKindSchema = z.enum([
  'refund',
  'refund_failed',
  'dispute_opened',
  'dispute_won',
  'dispute_lost',
  'operator',
]);
export type ReversalKind = z.infer<typeof ReversalKindSchema>;

const reversal = {
  reversalId: z.uuid(),
  kind: ReversalKindSchema,
  /** The earlier reversal that this one undoes or settles, or the hold that it ends; else null. */
  settles: z.uuid().nullable(),
  currency: CurrencySchema,
  at: z.iso.datetime({ precision: 3 }),
};

/** A refund or a dispute of what a supporter's payments had funded of a month whose funding is closed (E5). */
export const paymentReversed = defineTopic({
  name: 'payment.reversed',
  summary: "A refund or dispute of what a supporter's payments had funded of a month whose funding is closed.",
  key: 'userId',
  owners: ['billing'],
  hearers: ['earnings'],
  schema: z.object({
    ...reversal,
    userId: UserIdSchema,
    month: MonthSchema,
    amountCents: NonNegativeCentsSchema,
    invoiceId: z.string(),
    stripeId: z.string(),
  }),
});

const shares = {
  grossCents: NonNegativeCentsSchema,
  feeCents: NonNegativeCentsSchema,
  netCents: NonNegativeCentsSchema,
  lineCount: z.int().min(0),
};

/** One writer's part of a reversal: gross is what it takes of their funded lines, fee what of it was the platform's. */
export const WriterReversalSchema = z.object({
  part: z.literal('writer'),
  run: RunSchema,
  ...reversal,
  recipientUserId: UserIdSchema,
  ...shares,
  /** It was said before the closing message of `earnings.calculated`, which counts it. */
  beforeClosing: z.boolean().default(false),
});
export type WriterReversal = z.infer<typeof WriterReversalSchema>;

/**
 * The sums of a reversal: what it takes of all writers, of the fees, and of what had been left unallocated. Gross,
 * unallocated and suspense add up to what billing reversed, or an operator did.
 */
export const ReversalClosingSchema = z.object({
  part: z.literal('closing'),
  run: RunSchema,
  ...reversal,
  userId: UserIdSchema,
  writers: z.int().min(0),
  ...shares,
  unallocatedCents: NonNegativeCentsSchema,
  /** What of it operators' reversals had taken already, because they crossed: it comes out of suspense, where that lies. */
  suspenseCents: NonNegativeCentsSchema.default(zeroCents),
  /** The refund or dispute at Stripe; null for an operator's. */
  stripeId: z.string().nullable(),
});
export type ReversalClosing = z.infer<typeof ReversalClosingSchema>;

/** What a reversal takes of each writer's month (E5), then its sums. */
export const earningsReversed = defineTopic({
  name: 'earnings.reversed',
  summary: "A writer's part of a reversal; then one closing message with the reversal's sums.",
  key: 'recipientUserId, or closing:<reversalId>',
  owners: ['earnings'],
  hearers: ['billing', 'payouts'],
  keptParts: ['writer', 'closing'],
  schema: z.discriminatedUnion('part', [WriterReversalSchema, ReversalClosingSchema]),
});

/** Why a writer's balance changed other than by earning and being paid. */
export const AdjustmentKindSchema = z.enum([
  'refund',
  'refund_failed',
  'dispute_lost',
  'operator',
  'receivable_repaid',
  'write_off',
]);
export type AdjustmentKind = z.infer<typeof AdjustmentKindSchema>;

/**
 * What an adjustment of a writer's balance came to in the sub-ledger (E5, D8): by how much the obligations to writers
 * fall and by how much what writers owe rises. Both are signed: a repayment is +obligations, −receivable.
 */
export const balanceAdjusted = defineTopic({
  name: 'balance.adjusted',
  summary: "What an adjustment of a writer's balance came to in the sub-ledger.",
  key: 'recipientUserId',
  owners: ['payouts'],
  hearers: ['billing'],
  keptParts: 'all',
  schema: z.object({
    adjustmentId: z.uuid(),
    kind: AdjustmentKindSchema,
    /** The reversal that caused it; null for a repayment and a write-off. */
    reversalId: z.uuid().nullable(),
    recipientUserId: UserIdSchema,
    month: MonthSchema,
    currency: CurrencySchema,
    obligationsFallCents: z.int(),
    receivableRiseCents: z.int(),
    at: z.iso.datetime({ precision: 3 }),
  }),
});

/** Money of a line or of a writer's month that is kept back (C6): an obligation still, not payable. */
export const holdChanged = defineTopic({
  name: 'hold.changed',
  summary: "Money of a line or of a writer's month is kept back, or no more.",
  key: 'recipientUserId',
  owners: ['earnings'],
  hearers: ['payouts'],
  schema: z.object({
    holdId: z.uuid(),
    version: z.int().positive(),
    state: z.enum(['held', 'released', 'reversed']),
    recipientUserId: UserIdSchema,
    month: MonthSchema,
    /**
     * The net earnings that it concerns; less is held when part of it has been paid already. Once it is `reversed`: what its
     * reversals take together, whatever the order in which they and this come.
     */
    netCents: NonNegativeCentsSchema,
    currency: CurrencySchema,
    reason: z.string(),
    at: z.iso.datetime({ precision: 3 }),
  }),
});
