import { z } from 'zod';
import { CentsSchema, CurrencySchema, NonNegativeCentsSchema } from '../money.ts';
import { MonthSchema } from '../month.ts';
import { FundingSchema } from '../topics/funding-changed.ts';

const InstantSchema = z.iso.datetime({ precision: 3 });

/** What a month of a subscription may cost: at least $1 (E3), at most what Stripe takes. */
const MonthlyCentsSchema = z.int().min(100).max(99_999_999).brand<'Cents'>();

/** `POST /v1/subscription`. Without a payment method the answer gives the address of Stripe's checkout. */
export const BillingSubscribeSchema = z.strictObject({
  monthlyCents: MonthlyCentsSchema,
  paymentMethodId: z.string().min(1).max(255).optional(),
});

/**
 * `PATCH /v1/subscription`: another amount. `now` invoices at once what it is above the amount billed for the month,
 * prorated, and counts when paid; anything else, and what comes to less than 50 ¢, holds from the 1st (E3).
 */
export const BillingChangeSchema = z.strictObject({
  monthlyCents: MonthlyCentsSchema,
  from: z.enum(['now', 'next_month']).default('now'),
});

/** A supporter's subscription. `creating`: asked for, and not yet known to exist at Stripe. */
export const BillingSubscriptionSchema = z.object({
  subscriptionId: z.uuid(),
  state: z.enum(['creating', 'active', 'past_due', 'ended']),
  currency: CurrencySchema,
  /** The amount of the running month. */
  monthlyCents: NonNegativeCentsSchema,
  /** The amount of the next month. */
  nextMonthlyCents: NonNegativeCentsSchema,
  /** A raise whose invoice waits for its payment until `expiresAt`; it counts when paid. */
  waitingRaise: z
    .object({ monthlyCents: NonNegativeCentsSchema, invoiceId: z.string(), expiresAt: InstantSchema })
    .nullable(),
  startedAt: InstantSchema.nullable(),
  /** When it will end, at the end of a month; null while it goes on. */
  cancelAt: InstantSchema.nullable(),
  endedAt: InstantSchema.nullable(),
  /** Stripe's customer. */
  customerId: z.string().nullable(),
});
export type BillingSubscription = z.infer<typeof BillingSubscriptionSchema>;

/** The answer of every call about a subscription; null when there never was one. */
export const BillingSubscriptionAnswerSchema = z.object({ subscription: BillingSubscriptionSchema.nullable() });

/**
 * The answer of `POST /v1/subscription`. `checkoutUrl`: where the supporter goes on, at Stripe, until the subscription
 * starts; the same order asked for again gives the same checkout while it lasts, about half an hour.
 */
export const BillingSubscribedSchema = BillingSubscriptionAnswerSchema.extend({ checkoutUrl: z.url().nullable() });

/** The answer of `POST /v1/subscription/portal`: Stripe's page for the card and the invoices, for a short time. */
export const BillingPortalSchema = z.object({ portalUrl: z.url() });

/** `GET /v1/funding?month=`: the running month when none is given. */
export const BillingFundingQuerySchema = z.strictObject({ month: MonthSchema.optional() });

/** The budget of the supporter in a month. `version` is 0 before anything was ever known of that month. */
export const BillingFundingSchema = z.object({
  month: MonthSchema,
  currency: CurrencySchema,
  paidCents: NonNegativeCentsSchema,
  openCents: NonNegativeCentsSchema,
  funding: FundingSchema,
  invoiceIds: z.array(z.string()),
  version: z.int().min(0),
  /** True once nothing changes it any more (B7). */
  closed: z.boolean(),
});

const pageQuery = {
  cursor: z.string().min(1).max(600).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
};

/** The place to go on from, or null on the last page. */
const NextCursorSchema = z.string().nullable();

/** `GET /v1/invoices`. */
export const BillingPageQuerySchema = z.strictObject(pageQuery);

/** An invoice and what it funds. `suspenseReason` says why its money waits in suspense (E1, E7). */
export const BillingInvoiceSchema = z.object({
  invoiceId: z.string(),
  status: z.enum(['draft', 'open', 'uncollectible', 'void', 'paid']),
  currency: CurrencySchema,
  totalCents: CentsSchema,
  paidCents: CentsSchema,
  createdAt: InstantSchema,
  paidAt: InstantSchema.nullable(),
  outcome: z.enum(['funded', 'suspended']).nullable(),
  suspenseReason: z.string().nullable(),
  months: z.array(z.object({ month: MonthSchema, cents: CentsSchema, state: z.enum(['open', 'paid', 'none']) })),
});

export type BillingInvoice = z.infer<typeof BillingInvoiceSchema>;

/** A page of the supporter's invoices. */
export const BillingInvoicesSchema = z.object({ invoices: z.array(BillingInvoiceSchema), next: NextCursorSchema });

/** `GET /v1/ledger/accounts`: `prefix` and `suffix` of the account's id. */
export const BillingAccountsQuerySchema = z.strictObject({
  ...pageQuery,
  prefix: z.string().max(300).default(''),
  suffix: z.string().max(300).default(''),
});

/** An account as it stands; the balance is positive on the account's normal side. */
export const BillingAccountSchema = z.object({
  id: z.string(),
  type: z.enum(['asset', 'liability', 'equity', 'income', 'expense']),
  currency: CurrencySchema,
  debitCents: CentsSchema,
  creditCents: CentsSchema,
  balanceCents: CentsSchema,
});

/** A page of accounts. */
export const BillingAccountsSchema = z.object({ accounts: z.array(BillingAccountSchema), next: NextCursorSchema });

/** `GET /v1/ledger/entries`: transfers, each of which debits one account and credits another. */
export const BillingEntriesQuerySchema = z.strictObject({
  ...pageQuery,
  account: z.string().max(300).optional(),
  kind: z.string().max(100).optional(),
  month: MonthSchema.optional(),
});

/** A transfer; `key` is its name, made from its cause. */
export const BillingEntrySchema = z.object({
  id: z.int(),
  key: z.string(),
  kind: z.string(),
  month: MonthSchema,
  debit: z.string(),
  credit: z.string(),
  amountCents: CentsSchema,
  currency: CurrencySchema,
  occurredAt: InstantSchema,
  recordedAt: InstantSchema,
  causeEventId: z.string().nullable(),
  stripeId: z.string().nullable(),
  corrects: z.string().nullable(),
});

/** A page of transfers. */
export const BillingEntriesSchema = z.object({ entries: z.array(BillingEntrySchema), next: NextCursorSchema });

/**
 * `GET /v1/revenue`: by month, what the platform earned by source, what Stripe took, and what disputes and write-offs (D8)
 * cost; net is the first three less the others.
 */
export const BillingRevenueSchema = z.object({
  months: z.array(
    z.object({
      month: MonthSchema,
      currency: CurrencySchema,
      platformFeesCents: CentsSchema,
      unallocatedCents: CentsSchema,
      processingFeesCents: CentsSchema,
      stripeFeesCents: CentsSchema,
      disputeLossesCents: CentsSchema,
      writeOffsCents: CentsSchema,
      netCents: CentsSchema,
    }),
  ),
  /** What has been paid to the platform's own bank account in all (B8). */
  withdrawnCents: CentsSchema,
  /** By month; `unclear` while it is not known whether Stripe has made it, `came_back` when the bank did not take it. */
  withdrawals: z.array(
    z.object({
      month: MonthSchema,
      state: z.enum(['pending', 'nothing', 'unclear', 'sent', 'refused', 'came_back']),
      amountCents: CentsSchema,
      stripeId: z.string().nullable(),
      failure: z.string().nullable(),
    }),
  ),
});

/** `GET /v1/escrow`: what is owed to writers, what covers it, and the moves that brought it there. */
export const BillingEscrowSchema = z.object({
  adapter: z.enum(['storage', 'connect']),
  /** Whether money can go back from storage to payments. */
  canRelease: z.boolean(),
  currency: CurrencySchema,
  obligationsCents: CentsSchema,
  storageCents: CentsSchema,
  inTransitCents: CentsSchema,
  paymentsCents: CentsSchema,
  pendingCents: CentsSchema,
  moves: z.array(
    z.object({
      runId: z.uuid(),
      month: MonthSchema,
      state: z.enum(['pending', 'waiting_for_funds', 'failed', 'completed']),
      obligationsCents: CentsSchema,
      movedCents: CentsSchema,
      /** What is missing while it waits for funds. */
      shortfallCents: CentsSchema,
      /** Stripe's payout into storage; null where the move is one of the ledger only. */
      stripeId: z.string().nullable(),
      /** Why the last try failed. */
      reason: z.string().nullable(),
      requestedAt: InstantSchema,
      completedAt: InstantSchema.nullable(),
    }),
  ),
});

/**
 * `POST /v1/months/{month}/sweep` (E6): what was compared, repaired and found missing. `missing`: live subscriptions that
 * Stripe has not invoiced for the month; `unknown`: live subscriptions at Stripe that are not ours.
 */
export const BillingSweepSchema = z.object({
  month: MonthSchema,
  /** Live subscriptions at Stripe. */
  subscriptions: z.int().min(0),
  repairedSubscriptions: z.array(z.string()).readonly(),
  repairedInvoices: z.array(z.string()).readonly(),
  missing: z.array(z.object({ subscriptionId: z.uuid(), userId: z.string() })),
  unknown: z.array(z.string()).readonly(),
});

const StripeEventStateSchema = z.enum(['waiting', 'processed', 'ignored', 'failed']);

/** `GET /v1/stripe-events`. */
export const BillingStripeEventsQuerySchema = z.strictObject({
  ...pageQuery,
  state: StripeEventStateSchema.optional(),
  type: z.string().max(255).optional(),
  objectId: z.string().max(255).optional(),
});

/** An event as it was received. `failed`: Stripe does not know what it is about; `ignored`: its type asks for nothing. */
export const BillingStripeEventSchema = z.object({
  eventId: z.string(),
  endpoint: z.enum(['platform', 'connect', 'thin']),
  type: z.string(),
  objectId: z.string(),
  accountId: z.string().nullable(),
  createdAt: InstantSchema,
  receivedAt: InstantSchema,
  state: StripeEventStateSchema,
  attempts: z.int().min(0),
  failure: z.string().nullable(),
});
export type BillingStripeEvent = z.infer<typeof BillingStripeEventSchema>;

/** A page of events, newest first. */
export const BillingStripeEventsSchema = z.object({
  events: z.array(BillingStripeEventSchema),
  next: NextCursorSchema,
});

/** `POST /v1/stripe-events/{id}/replay`: it is processed again in a moment. */
export const BillingReplayedEventSchema = z.object({ eventId: z.string(), state: z.literal('waiting') });

/** What Stripe is told once it is known that a webhook is stored. */
export const BillingWebhookAnswerSchema = z.object({ received: z.literal(true) });
