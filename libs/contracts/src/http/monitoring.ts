import { z } from 'zod';
import { CentsSchema } from '../money.ts';
import { MonthSchema } from '../month.ts';
import { RunKindSchema, ServiceNameSchema } from '../run.ts';
import { CloseStepSchema } from '../topics/monitoring.ts';

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

/** Two sides that must be equal and are not. */
export const DifferenceSchema = z.object({
  name: z.string(),
  leftCents: CentsSchema,
  rightCents: CentsSchema,
  differenceCents: CentsSchema,
});

/** `GET /v1/months/{month}/progress`: where a month stands (F1). `unexplainedCents` is null until every step is done. */
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
  differences: z.array(DifferenceSchema),
});
export type MonthProgress = z.infer<typeof MonthProgressSchema>;
