import { z } from 'zod';
import { UserIdSchema } from '../ids.ts';
import { CentsSchema, CurrencySchema, NonNegativeCentsSchema } from '../money.ts';
import { MonthSchema } from '../month.ts';

/** D4: what has become of a payout. */
export const PayoutStatusSchema = z.enum([
  'requested',
  'submitting',
  'submitted',
  'paid',
  'failed',
  'returned',
  'canceled',
]);

/** Why a writer is not paid (D2), in the order in which they are told. */
export const SkipReasonSchema = z.enum([
  'already_in_flight',
  'on_hold',
  'negative_balance',
  'below_minimum',
  'no_payout_account',
  'account_restricted',
]);
export type SkipReason = z.infer<typeof SkipReasonSchema>;

/**
 * D7: the fees of a payout. `earningsGrossCents − platformFeeCents` is what the months in it earned net; with
 * `adjustmentsCents`, which is what refunds, holds, repayments and earlier payouts added or took, that is
 * `payoutGrossCents`; less the processing fee it is what is transferred.
 */
export const FeeBreakdownSchema = z.object({
  currency: CurrencySchema,
  earningsGrossCents: NonNegativeCentsSchema,
  platformFeeCents: NonNegativeCentsSchema,
  adjustmentsCents: CentsSchema,
  payoutGrossCents: NonNegativeCentsSchema,
  processingFeeCents: NonNegativeCentsSchema,
  payoutNetCents: NonNegativeCentsSchema,
});

/** A payout as its writer and admins see it. */
export const PayoutSchema = z.object({
  id: z.uuid(),
  month: MonthSchema,
  recipientUserId: UserIdSchema,
  status: PayoutStatusSchema,
  fees: FeeBreakdownSchema,
  transferId: z.string().nullable(),
  reason: z.string().nullable(),
  /** D5: of a payout whose money is payable again, what the writer can do, and when it is paid next. */
  whatToDo: z.string().nullable(),
  nextDate: z.iso.date().nullable(),
  requestedAt: z.iso.datetime(),
  settledAt: z.iso.datetime().nullable(),
  traceId: z.string().nullable(),
});
export type Payout = z.infer<typeof PayoutSchema>;

/** One call to Stripe for a payout and what it came to (D3). */
export const PayoutAttemptSchema = z.object({
  attempt: z.int().positive(),
  idempotencyKey: z.string(),
  outcome: z.string(),
  detail: z.string().nullable(),
  at: z.iso.datetime(),
});

/** `GET /v1/payouts/{id}`. */
export const PayoutDetailSchema = PayoutSchema.extend({ attempts: z.array(PayoutAttemptSchema) });

/** `POST /v1/payouts/{id}/retry`: `nothingAtStripe` when an operator has seen that Stripe has made no transfer of it. */
export const RetryPayoutSchema = z.strictObject({ nothingAtStripe: z.boolean().default(false) });

/** What is done next for the payout. */
export const RetriedPayoutSchema = z.object({ id: z.uuid(), next: z.enum(['look_up_again', 'send']) });

/** `POST /v1/payouts/{id}/hold|release`: a payout that is held is not sent. */
export const HoldPayoutSchema = z.strictObject({ reason: z.string().trim().min(1).max(500) });

/** What becomes of its transfer. */
export const HeldPayoutSchema = z.object({ id: z.uuid(), transfer: z.enum(['held', 'send']) });

/**
 * `POST /v1/payouts/{id}/cancel`: `nothingAtStripe` when an operator has seen that Stripe has made no transfer of a payout
 * that waits for one.
 */
export const CancelPayoutSchema = z.strictObject({
  reason: z.string().trim().min(1).max(500),
  nothingAtStripe: z.boolean().default(false),
});

/** `canceled`: the money is payable again. `canceling`: Stripe is asked to; it may be too late. */
export const CanceledPayoutSchema = z.object({ id: z.uuid(), next: z.enum(['canceled', 'canceling']) });

/** `POST /v1/months/{month}/payouts` (admin): how far a month's payouts are, and what they wait for. */
export const MonthPayoutsSchema = z.object({
  month: MonthSchema,
  state: z.enum(['waiting', 'judging', 'sending', 'settled']),
  waitingFor: z.array(z.enum(['earnings', 'escrow', 'earlier_month', 'operator', 'release'])),
  payoutsRequested: z.int().min(0),
  payoutsSettled: z.int().min(0),
});

/** `GET /v1/payouts`: newest first. */
export const PayoutPageSchema = z.object({ payouts: z.array(PayoutSchema), nextCursor: z.string().nullable() });

/** `GET /v1/payouts/next`: what the writer gets next and when, or why not and what to do. */
export const NextPayoutSchema = z.object({
  currency: CurrencySchema,
  payableCents: NonNegativeCentsSchema,
  /** What is owed and kept back for now (C6), and what the writer owes, which the payable balance repays first (D8). */
  heldCents: NonNegativeCentsSchema,
  receivableCents: NonNegativeCentsSchema,
  processingFeeCents: NonNegativeCentsSchema,
  netCents: NonNegativeCentsSchema,
  date: z.iso.date(),
  reason: SkipReasonSchema.nullable(),
  whatToDo: z.string().nullable(),
});

/** `GET /v1/payout-account`. `none`: not opened; `onboarding` is where the writer completes it. */
export const PayoutAccountSchema = z.object({
  state: z.enum(['none', 'restricted', 'ready']),
  accountId: z.string().nullable(),
  requirements: z.array(z.string()),
  /** Null when nothing is: a POST gives a new link to Stripe's pages otherwise. */
  whatToDo: z.string().nullable(),
});
export type PayoutAccount = z.infer<typeof PayoutAccountSchema>;

/** `POST /v1/payout-account`: the account, and the page of Stripe's that completes it. */
export const OpenedPayoutAccountSchema = PayoutAccountSchema.extend({
  onboardingUrl: z.url(),
  onboardingExpiresAt: z.iso.datetime(),
});

/** One writer of a month's payouts: `carriedOverCents` is what is still payable after them. */
export const WriterPayoutSchema = z.object({
  userId: UserIdSchema,
  payoutStatus: z.enum(['under_way', 'paid', 'failed', 'skipped']),
  payoutReason: z.string().nullable(),
  nextDate: z.iso.date().nullable(),
  payoutId: z.uuid().nullable(),
  transferId: z.string().nullable(),
  payoutGrossCents: NonNegativeCentsSchema,
  processingFeeCents: NonNegativeCentsSchema,
  payoutNetCents: NonNegativeCentsSchema,
  carriedOverCents: NonNegativeCentsSchema,
});
export type WriterPayout = z.infer<typeof WriterPayoutSchema>;

/** `GET /v1/months/{month}/payouts` (admin), by writer id. */
export const WriterPayoutPageSchema = z.object({
  writers: z.array(WriterPayoutSchema),
  nextCursor: z.string().nullable(),
});

/** One writer of a rehearsed month: the payout that there would be, or why there would be none (D2). */
export const RehearsedPayoutSchema = z.object({
  userId: UserIdSchema,
  /** Why nothing would be paid; null where a payout would be. */
  reason: SkipReasonSchema.nullable(),
  payableCents: CentsSchema,
  grossCents: NonNegativeCentsSchema,
  processingFeeCents: NonNegativeCentsSchema,
  netCents: NonNegativeCentsSchema,
});
export type RehearsedPayout = z.infer<typeof RehearsedPayoutSchema>;

/** `GET /v1/months/{month}/rehearsed-payouts` (admin), by writer id, of the rehearsal `runId`. */
export const RehearsedPayoutPageSchema = z.object({
  runId: z.uuid(),
  writers: z.array(RehearsedPayoutSchema),
  nextCursor: z.string().nullable(),
});

/** What is owed to writers: payable, in flight or held; and what they owe, which is not netted against it. */
const owed = {
  payableCents: NonNegativeCentsSchema,
  inFlightCents: NonNegativeCentsSchema,
  heldCents: NonNegativeCentsSchema,
  receivableCents: NonNegativeCentsSchema,
};

/** `GET /v1/obligations` (admin): in all and each. `totalCents` is what is owed to all writers, whatever they owe. */
export const ObligationsSchema = z.object({
  currency: CurrencySchema,
  totalCents: NonNegativeCentsSchema,
  ...owed,
  writers: z.array(z.object({ userId: UserIdSchema, ...owed })),
  nextCursor: z.string().nullable(),
});

/** `POST /v1/obligations/{userId}/write-off` (admin, D8): all that the writer owes, or `amountCents` of it. */
export const WriteOffSchema = z.strictObject({
  amountCents: CentsSchema.min(1).optional(),
  reason: z.string().trim().min(1).max(500),
});

/** What was written off, and what the writer still owes. */
export const WrittenOffSchema = z.object({
  userId: UserIdSchema,
  currency: CurrencySchema,
  writtenOffCents: NonNegativeCentsSchema,
  receivableCents: NonNegativeCentsSchema,
});
