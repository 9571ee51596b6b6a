import { z } from 'zod';
import { UserIdSchema } from '../ids.ts';
import { CentsSchema, CurrencySchema } from '../money.ts';
import { MonthSchema } from '../month.ts';
import { RunKindSchema, ServiceNameSchema } from '../run.ts';
import { CloseStepSchema, EquationSchema, ParkedStateSchema } from '../topics/monitoring.ts';
import { SkipReasonSchema } from './payouts.ts';

/** One step of a close as monitoring knows it. `durationMs` is real time, from its first message to its last. */
export const StepProgressSchema = z.object({
  step: CloseStepSchema,
  service: ServiceNameSchema,
  expected: z.int().min(0).nullable(),
  done: z.int().min(0),
  state: z.enum(['waiting', 'running', 'waiting_for_funds', 'done']),
  durationMs: z.int().min(0).nullable(),
  sums: z.record(z.string(), CentsSchema),
});
export type StepProgress = z.infer<typeof StepProgressSchema>;

/**
 * `GET /v1/months/{month}/progress`, with `?kind=rehearsal` for its latest rehearsal, which is `reconciled` when it has gone
 * through its steps without a difference: where a month stands (F1). `unexplainedCents` is null until
 * every step is done.
 */
export const MonthProgressSchema = z.object({
  month: MonthSchema,
  runId: z.uuid(),
  kind: RunKindSchema,
  state: z.enum(['running', 'reconciled', 'unexplained']),
  reconciled: z.boolean(),
  unexplainedCents: CentsSchema.nullable(),
  traceId: z.string().nullable(),
  steps: z.array(StepProgressSchema),
  /** What the month still waits for, in words. */
  waitingFor: z.array(z.string()),
  /** What has to be equal, each side: of a reconciled month as it was then; none while it is still running. */
  equations: z.array(EquationSchema),
  /** Those of them that are not equal. */
  differences: z.array(EquationSchema),
});
export type MonthProgress = z.infer<typeof MonthProgressSchema>;

/** Counts and cents of a month, as a rehearsal forecasts them or its close has found them. */
export const MonthTotalsSchema = z.object({
  supporters: z.int().min(0),
  lines: z.int().min(0),
  writers: z.int().min(0),
  payouts: z.int().min(0),
  paidCents: CentsSchema,
  fundedCents: CentsSchema,
  unallocatedCents: CentsSchema,
  unfundedCents: CentsSchema,
  grossCents: CentsSchema,
  feeCents: CentsSchema,
  netCents: CentsSchema,
});
export type MonthTotals = z.infer<typeof MonthTotalsSchema>;

/** A forecast against what came: `differenceInTotals` is forecast − close. */
export const RehearsalComparisonSchema = z.object({
  close: MonthTotalsSchema,
  differenceInTotals: z.record(MonthTotalsSchema.keyof(), z.int()),
  /** Writers whose net earnings are not the forecast ones. */
  writersThatDiffer: z.int().min(0),
});

/** `GET /v1/months/{month}/rehearsal`: what the latest rehearsal of a month's close has found. */
export const RehearsalReportSchema = z.object({
  month: MonthSchema,
  runId: z.uuid(),
  currency: CurrencySchema,
  traceId: z.string().nullable(),
  unexplainedCents: CentsSchema,
  differences: z.array(EquationSchema),
  /** Changes of budgets that were on their way from billing meanwhile: while there are any, what was paid is not compared. */
  budgetChangesUnderWay: z.int().min(0),
  totals: MonthTotalsSchema,
  /** What would be paid: `netCents` of `grossCents` after the processing fee; and who would not be, by reason (D2). */
  payouts: z.object({
    payouts: z.int().min(0),
    grossCents: CentsSchema,
    processingFeeCents: CentsSchema,
    netCents: CentsSchema,
    skipped: z.array(z.object({ reason: SkipReasonSchema, writers: z.int().min(0), payableCents: CentsSchema })),
  }),
  unusual: z.object({
    /** Writers with more than three times last month's net earnings, the highest first, at most 100 of them. */
    risenWriters: z.array(z.object({ userId: UserIdSchema, netCents: CentsSchema, lastMonthCents: CentsSchema })),
    /** Writers with $100 or more who earned nothing last month, the highest first, at most 100; empty in the first month. */
    newWriters: z.array(z.object({ userId: UserIdSchema, netCents: CentsSchema })),
    /** Supporters whose plans are more than what they paid. */
    overspentSupporters: z.int().min(0),
    /** Supporters who paid last month and have not paid this one. */
    lapsedSupporters: z.int().min(0),
    /** Of the paid budget; null when nothing was paid. */
    unallocatedBasisPoints: z.int().min(0).nullable(),
  }),
  /** The balances, with what would be owed to writers after the month; what is pending becomes available by itself. */
  balances: z.object({
    suffice: z.boolean(),
    obligationsCents: CentsSchema,
    storageCents: CentsSchema,
    inTransitCents: CentsSchema,
    paymentsCents: CentsSchema,
    pendingCents: CentsSchema,
    shortfallCents: CentsSchema,
  }),
  /** Null until the month's close has judged its writers. */
  comparison: RehearsalComparisonSchema.nullable(),
});
export type RehearsalReport = z.infer<typeof RehearsalReportSchema>;

/** An operator's order about a parked message; `answered` when the service has obeyed it, or tried to. */
export const ParkedOrderSchema = z.object({
  commandId: z.uuid(),
  order: z.enum(['replay', 'drop']),
  orderedBy: UserIdSchema,
  reason: z.string(),
  orderedAt: z.iso.datetime(),
  answered: z.boolean(),
});

/** A message that one of the services could not handle, and what has become of it. */
export const ParkedMessageSchema = z.object({
  id: z.uuid(),
  service: ServiceNameSchema,
  topic: z.string(),
  messageId: z.string(),
  key: z.string().nullable(),
  /** Why it could not be handled, the last time. */
  reason: z.string(),
  state: ParkedStateSchema,
  canBeDropped: z.boolean(),
  parkedAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
  lastOrder: ParkedOrderSchema.nullable(),
});
export type ParkedMessage = z.infer<typeof ParkedMessageSchema>;

/** The query of `GET /v1/parked` (admin): those that wait, unless another state is asked for. */
export const ParkedQuerySchema = z.strictObject({
  service: ServiceNameSchema.optional(),
  topic: z.string().max(200).optional(),
  state: ParkedStateSchema.default('parked'),
  cursor: z.string().max(400).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/** `GET /v1/parked`, the first parked first. */
export const ParkedPageSchema = z.object({ messages: z.array(ParkedMessageSchema), nextCursor: z.string().nullable() });

/** `POST /v1/parked/{id}/replay` and `/drop`: the reason is kept with who ordered it. */
export const OrderAboutParkedSchema = z.strictObject({ reason: z.string().trim().min(1).max(500) });
