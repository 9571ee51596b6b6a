import { z } from 'zod';
import { CentsSchema, CurrencySchema, NonNegativeCentsSchema } from '../money.ts';

const InstantSchema = z.iso.datetime({ precision: 3 });

/** A refund that was ordered of Stripe: `looking` while it is not known whether it was made, `refused` for an operator. */
export const BillingRefundOrderSchema = z.object({
  refundOrderId: z.uuid(),
  state: z.enum(['waiting', 'looking', 'made', 'refused']),
  amountCents: NonNegativeCentsSchema,
  attempt: z.int().positive(),
  /** The refund at Stripe. */
  stripeId: z.string().nullable(),
  /** Why the last try failed. */
  failure: z.string().nullable(),
  requestedAt: InstantSchema,
});

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
