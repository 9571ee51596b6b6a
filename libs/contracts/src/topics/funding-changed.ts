import { z } from 'zod';
import { UserIdSchema } from '../ids.ts';
import { CurrencySchema, NonNegativeCentsSchema } from '../money.ts';
import { MonthSchema } from '../month.ts';
import { defineTopic } from './topic.ts';

/** `expected` while any part is open, then `paid`, else `none`. */
export const FundingSchema = z.enum(['expected', 'paid', 'none']);
export type Funding = z.infer<typeof FundingSchema>;

/** The budget of one user and month. `openCents` is the open renewal, or its expected amount before the invoice exists. */
export const BudgetMessageSchema = z.object({
  part: z.literal('budget'),
  userId: UserIdSchema,
  month: MonthSchema,
  paidCents: NonNegativeCentsSchema,
  openCents: NonNegativeCentsSchema,
  funding: FundingSchema,
  invoiceIds: z.array(z.string()),
  currency: CurrencySchema,
  version: z.int().positive(),
});

/**
 * After the cutoff: the month's funding is complete (B7). Supporters are those with a paid budget above 0; `hash` is
 * `fundingHash` over them.
 */
export const FundingClosingSchema = z.object({
  part: z.literal('closing'),
  month: MonthSchema,
  currency: CurrencySchema,
  supporters: z.int().min(0),
  paidCents: NonNegativeCentsSchema,
  hash: z.hex(),
});

/** What supporters can allocate in a month; after its cutoff, that this is final (B7). */
export const fundingChanged = defineTopic({
  name: 'funding.changed',
  summary: "The budget of one user and month; after the cutoff, one closing message with the month's control totals.",
  key: 'userId, or closing:<month>',
  owners: ['billing'],
  hearers: ['allocations'],
  keptParts: ['closing'],
  schema: z.discriminatedUnion('part', [BudgetMessageSchema, FundingClosingSchema]),
});
