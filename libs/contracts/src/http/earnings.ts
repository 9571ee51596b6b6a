import { z } from 'zod';
import { ResourceTypeSchema } from '../ids.ts';
import { CurrencySchema, NonNegativeCentsSchema } from '../money.ts';
import { MonthSchema } from '../month.ts';
import { ProjectionSchema } from './outlook.ts';

/** The path of a month's earnings. */
export const EarningsMonthPathSchema = z.object({ month: MonthSchema });

/** A page of a list: at most `limit` entries after the place that `cursor`, from the page before, names. */
export const EarningsPageQuerySchema = z.strictObject({
  cursor: z.string().max(1_000).optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
});
export type EarningsPageQuery = z.infer<typeof EarningsPageQuerySchema>;

/** The cursor of the next page; null on the last. */
const nextCursor = z.string().nullable();

/** A line as it was locked, with its share of its writer's platform fee (C1). Ids are as the chunk has them. */
export const EarningsLineSchema = z.object({
  lineId: z.string(),
  month: MonthSchema,
  userId: z.string(),
  recipientUserId: z.string(),
  resourceType: ResourceTypeSchema,
  resourceId: z.string(),
  usdCents: NonNegativeCentsSchema,
  fundedCents: NonNegativeCentsSchema,
  feeCents: NonNegativeCentsSchema,
});
export type EarningsLine = z.infer<typeof EarningsLineSchema>;

/** `GET /v1/months/{month}/lines` (admin): every line once, chunk by chunk as they were locked. */
export const EarningsLinesPageSchema = z.object({ lines: z.array(EarningsLineSchema), nextCursor });

/** A writer's month: net is gross less the platform fee (C1). */
const writerAmounts = {
  grossCents: NonNegativeCentsSchema,
  platformFeeCents: NonNegativeCentsSchema,
  netCents: NonNegativeCentsSchema,
  lineCount: z.int().min(0),
};

/** `GET /v1/months/{month}/writers` (admin): every writer with a line, by user id. */
export const EarningsWriterSchema = z.object({ userId: z.string(), ...writerAmounts });
export type EarningsWriter = z.infer<typeof EarningsWriterSchema>;
export const EarningsWritersPageSchema = z.object({ writers: z.array(EarningsWriterSchema), nextCursor });

/** An amount with its platform fee: net is gross less fee. */
const amountsWithFee = z.object({
  grossCents: NonNegativeCentsSchema,
  platformFeeCents: NonNegativeCentsSchema,
  netCents: NonNegativeCentsSchema,
});

/** What refunds, lost disputes and operators took back of earnings, and what open disputes keep back (E5). */
const reversals = { reversed: amountsWithFee, disputed: amountsWithFee };

/** What became of paid budgets: budget = funded + unallocated (B3); unfunded is what allocations lacked. */
const supporterAmounts = {
  budgetCents: NonNegativeCentsSchema,
  fundedCents: NonNegativeCentsSchema,
  unallocatedCents: NonNegativeCentsSchema,
  unfundedCents: NonNegativeCentsSchema,
};

/** `GET /v1/months/{month}/supporters` (admin): every supporter of the month, by user id. */
export const EarningsSupporterSchema = z.object({ userId: z.string(), ...supporterAmounts });
export type EarningsSupporter = z.infer<typeof EarningsSupporterSchema>;
export const EarningsSupportersPageSchema = z.object({ supporters: z.array(EarningsSupporterSchema), nextCursor });

/** `GET /v1/months/{month}/totals` (admin): the sums of the lists above. */
export const EarningsMonthTotalsSchema = z.object({
  month: MonthSchema,
  runId: z.uuid(),
  currency: CurrencySchema,
  feeBasisPoints: z.int(),
  supporterCount: z.int().min(0),
  writerCount: z.int().min(0),
  ...supporterAmounts,
  ...writerAmounts,
});
export type EarningsMonthTotals = z.infer<typeof EarningsMonthTotalsSchema>;

/**
 * `GET /v1/earnings` (writer): the running month as a projection (C3), the writer's months as they were earned, newest
 * first, and their sums (C4).
 */
export const EarningsHistorySchema = z.object({
  currency: CurrencySchema,
  projection: ProjectionSchema,
  totals: z.object({ ...writerAmounts, ...reversals }),
  months: z.array(z.object({ month: MonthSchema, ...writerAmounts, ...reversals })),
});
export type EarningsHistory = z.infer<typeof EarningsHistorySchema>;

/** A line as its writer sees it (C4): `lineKey` stands for the line, `supporter` is a pseudonym of the supporter. */
export const WriterLineSchema = z.object({
  lineKey: z.string(),
  supporter: z.string(),
  resourceType: ResourceTypeSchema,
  resourceId: z.string(),
  usdCents: NonNegativeCentsSchema,
  fundedCents: NonNegativeCentsSchema,
  feeCents: NonNegativeCentsSchema,
  netCents: NonNegativeCentsSchema,
  ...reversals,
  status: z.enum(['locked', 'processed']),
});
export type WriterLine = z.infer<typeof WriterLineSchema>;

/**
 * `GET /v1/earnings/{month}` (writer): the fee breakdown of the whole month (D7), and a page of its lines in an order that
 * tells nothing of the supporters.
 */
export const EarningsMonthSchema = z.object({
  month: MonthSchema,
  currency: CurrencySchema,
  feeBasisPoints: z.int(),
  ...writerAmounts,
  ...reversals,
  /** What is kept back now (C6); without a line key it is the whole month. */
  holds: z.array(
    z.object({
      lineKey: z.string().nullable(),
      netCents: NonNegativeCentsSchema,
      reason: z.string(),
      heldAt: z.iso.datetime(),
    }),
  ),
  lines: z.array(WriterLineSchema),
  nextCursor,
});
export type EarningsMonth = z.infer<typeof EarningsMonthSchema>;
