import { z } from 'zod';
import { CentsSchema, CurrencySchema, NonNegativeCentsSchema } from '../money.ts';

const InstantSchema = z.iso.datetime({ precision: 3 });

const RefundOrderStateSchema = z.enum(['waiting', 'looking', 'made', 'refused']);

/**
 * A refund that was ordered of Stripe: `looking` while it is not known whether it was made, `refused` for an operator, by
 * Stripe or later by the supporter's bank.
 */
export const BillingRefundOrderSchema = z.object({
  refundOrderId: z.uuid(),
  state: RefundOrderStateSchema,
  amountCents: NonNegativeCentsSchema,
  attempt: z.int().positive(),
  /** The refund at Stripe. */
  stripeId: z.string().nullable(),
  /** Why the last try failed. */
  failure: z.string().nullable(),
  requestedAt: InstantSchema,
});
export type BillingRefundOrder = z.infer<typeof BillingRefundOrderSchema>;

/**
 * Money that fitted no month (E1, E7) or that an operator took back (C6), and what has left suspense again. `reason` is
 * that of the invoice, or `operator`.
 */
export const BillingSuspenseEntrySchema = z.object({
  id: z.string(),
  invoiceId: z.string(),
  userId: z.string().nullable(),
  reason: z.string(),
  receivedCents: NonNegativeCentsSchema,
  returnedCents: CentsSchema,
  receivedAt: InstantSchema,
  refunds: z.array(BillingRefundOrderSchema),
});
export type BillingSuspenseEntry = z.infer<typeof BillingSuspenseEntrySchema>;

/** `GET /v1/suspense`: what the account stands at, and a page of what came into it. */
export const BillingSuspenseSchema = z.object({
  currency: CurrencySchema,
  suspenseCents: CentsSchema,
  entries: z.array(BillingSuspenseEntrySchema),
  next: z.string().nullable(),
});

/** `GET /v1/refund-orders`. */
export const BillingRefundOrdersQuerySchema = z.strictObject({
  state: RefundOrderStateSchema.optional(),
  cursor: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** A refund order with what it is of. `leftCents`: what of it has not gone back to the supporter, by whatever way. */
export const BillingRefundOrderRecordSchema = BillingRefundOrderSchema.extend({
  reason: z.enum(['paid_late', 'operator']),
  userId: z.string().nullable(),
  invoiceId: z.string(),
  paymentIntentId: z.string(),
  currency: CurrencySchema,
  leftCents: NonNegativeCentsSchema,
});
export type BillingRefundOrderRecord = z.infer<typeof BillingRefundOrderRecordSchema>;

/** A page of refund orders, by id. */
export const BillingRefundOrdersSchema = z.object({
  refundOrders: z.array(BillingRefundOrderRecordSchema),
  next: z.uuid().nullable(),
});
