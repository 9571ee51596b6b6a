import { z } from 'zod';
import { UserIdSchema } from '../ids.ts';
import { CurrencySchema, NonNegativeCentsSchema } from '../money.ts';
import { RunSchema } from '../run.ts';
import { defineTopic } from './topic.ts';

const amounts = {
  grossCents: NonNegativeCentsSchema,
  feeCents: NonNegativeCentsSchema,
  netCents: NonNegativeCentsSchema,
  lineCount: z.int().min(0),
};

/** A writer's month (C1): gross is the sum of the funded lines, net is gross less the platform fee. */
export const WriterMonthSchema = z.object({
  part: z.literal('writer'),
  run: RunSchema,
  recipientUserId: UserIdSchema,
  currency: CurrencySchema,
  ...amounts,
});
export type WriterMonth = z.infer<typeof WriterMonthSchema>;

/** The sums over all writers of the run; `writers` counts the writer messages. */
export const EarningsClosingSchema = z.object({
  part: z.literal('closing'),
  run: RunSchema,
  currency: CurrencySchema,
  writers: z.int().min(0),
  ...amounts,
  /** How many writers' parts of reversals were said before it, each marked so: who pays writers waits for them (E5). */
  reversedParts: z.int().min(0).default(0),
});
export type EarningsClosing = z.infer<typeof EarningsClosingSchema>;

/** What each writer earned in a month (C1), then the control totals. */
export const earningsCalculated = defineTopic({
  name: 'earnings.calculated',
  summary: "A writer's month: gross, fee, net; then one closing message with the control totals.",
  key: 'recipientUserId, or closing:<runId>',
  owners: ['earnings'],
  hearers: ['billing', 'payouts', 'monitoring'],
  keptParts: ['writer', 'closing'],
  schema: z.discriminatedUnion('part', [WriterMonthSchema, EarningsClosingSchema]),
});
