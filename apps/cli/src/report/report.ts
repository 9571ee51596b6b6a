import { MonthSchema, NonNegativeCentsSchema } from '@wewrite/contracts';
import { z } from 'zod';

/** What became of one writer's month. Where nothing was paid the payout's amounts are 0, else the reason is null. */
const ReportWriterSchema = z.strictObject({
  userId: z.string(),
  grossCents: NonNegativeCentsSchema,
  platformFeeCents: NonNegativeCentsSchema,
  netCents: NonNegativeCentsSchema,
  payoutStatus: z.enum(['paid', 'failed', 'skipped']),
  payoutReason: z.string().nullable(),
  /** The payable balance that was paid out, before the processing fee. */
  payoutGrossCents: NonNegativeCentsSchema,
  processingFeeCents: NonNegativeCentsSchema,
  payoutNetCents: NonNegativeCentsSchema,
  /** Still payable after the month's payouts. */
  carriedOverCents: NonNegativeCentsSchema,
  transferId: z.string().nullable(),
});
export type ReportWriter = z.infer<typeof ReportWriterSchema>;

/** What became of one supporter's paid budget. */
const ReportSupporterSchema = z.strictObject({
  userId: z.string(),
  budgetCents: NonNegativeCentsSchema,
  fundedCents: NonNegativeCentsSchema,
  unallocatedCents: NonNegativeCentsSchema,
  unfundedCents: NonNegativeCentsSchema,
});
export type ReportSupporter = z.infer<typeof ReportSupporterSchema>;

/** A closed month: sums over its supporters and writers, who are sorted by id. `durationsMs` is by step. */
const ReportMonthSchema = z.strictObject({
  month: MonthSchema,
  budgetCents: NonNegativeCentsSchema,
  fundedCents: NonNegativeCentsSchema,
  unallocatedCents: NonNegativeCentsSchema,
  unfundedCents: NonNegativeCentsSchema,
  grossCents: NonNegativeCentsSchema,
  platformFeeCents: NonNegativeCentsSchema,
  netCents: NonNegativeCentsSchema,
  payoutGrossCents: NonNegativeCentsSchema,
  processingFeeCents: NonNegativeCentsSchema,
  payoutNetCents: NonNegativeCentsSchema,
  carriedOverCents: NonNegativeCentsSchema,
  unexplainedCents: NonNegativeCentsSchema,
  writers: z.array(ReportWriterSchema),
  supporters: z.array(ReportSupporterSchema),
  durationsMs: z.record(z.string(), z.int().min(0)),
  traceId: z.string(),
});
export type ReportMonth = z.infer<typeof ReportMonthSchema>;

/** The document that `--report` writes. */
export const ReportSchema = z.strictObject({ months: z.array(ReportMonthSchema) });
export type Report = z.infer<typeof ReportSchema>;
