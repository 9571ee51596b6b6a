import { z } from 'zod';
import { CentsSchema, CurrencySchema, sumCents } from '../money.ts';

/** The stations of a cent, in the order in which it passes them. */
export const ExplainedStepNameSchema = z.enum([
  'charge',
  'funding',
  'allocation',
  'line',
  'fee',
  'reversal',
  'earnings',
  'payout',
  'transfer',
]);

/** The message that a service has this from; `traceId` finds it in Jaeger. */
export const EvidenceSchema = z.object({
  topic: z.string(),
  messageId: z.string(),
  /** Where it lies in Kafka; null for a message that the service said itself. */
  partition: z.int().min(0).nullable(),
  offset: z.int().min(0).nullable(),
  traceId: z.string().nullable(),
});
export type Evidence = z.infer<typeof EvidenceSchema>;

/** A part of a step's amount, and what it belongs to. A cent left over by rounding is a part of its own. */
export const ExplainedPartSchema = z.object({ label: z.string(), cents: CentsSchema, id: z.string().nullable() });
export type ExplainedPart = z.infer<typeof ExplainedPartSchema>;

/** One station: its parts add up to `totalCents`. */
export const ExplainedStepSchema = z.object({
  step: ExplainedStepNameSchema,
  id: z.string().nullable(),
  totalCents: CentsSchema,
  parts: z.array(ExplainedPartSchema),
  /** Why it came out so, where the amounts do not say it. */
  why: z.string().nullable(),
  evidence: z.array(EvidenceSchema),
});
export type ExplainedStep = z.infer<typeof ExplainedStepSchema>;

/** What can be explained, each by the service that knows it. */
export const ExplainedKindSchema = z.enum(['invoice', 'line', 'writer_month', 'payout']);

/**
 * Something else that can be explained: `GET /v1/invoices/{id}/explain`, `/v1/explain/{id}` of a line,
 * `/v1/payouts/{id}/explain`. A writer's month goes by the month and its writer:
 * `/v1/months/{id}/writers/{recipientUserId}/explain`, to the writer `/v1/earnings/{id}/explain`.
 */
const RelatedSchema = z.object({ of: ExplainedKindSchema, id: z.string(), recipientUserId: z.string().optional() });
export type Related = z.infer<typeof RelatedSchema>;

/** `GET …/explain` of a writer's month: which of its lines are shown one by one. */
export const ExplainedLinesQuerySchema = z.strictObject({
  cursor: z.string().max(1_000).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/**
 * Where money came from and went, as far as one service knows. `related` names what is before and after it: from a payout
 * the months that it paid, from a month its lines, from a line the invoices that funded it, and the other way round.
 */
export const ExplanationSchema = z.object({
  of: ExplainedKindSchema,
  id: z.string(),
  currency: CurrencySchema,
  steps: z.array(ExplainedStepSchema),
  related: z.array(RelatedSchema),
  /** Of a writer's month: the next page of its lines; left out on the last. */
  nextCursor: z.string().optional(),
});
export type Explanation = z.infer<typeof ExplanationSchema>;

/** True when the parts of each step are its total, to the cent. */
export function addsUp({ steps }: Pick<Explanation, 'steps'>): boolean {
  return steps.every(({ totalCents, parts }) => sumCents(parts.map((part) => part.cents)) === totalCents);
}
