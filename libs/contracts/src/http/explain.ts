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
 * Where money came from and went, as far as one service knows. `related` names what other services explain:
 * `GET /v1/invoices/{id}/explain`, `GET /v1/payouts/{id}/explain`.
 */
export const ExplanationSchema = z.object({
  of: ExplainedKindSchema,
  id: z.string(),
  currency: CurrencySchema,
  steps: z.array(ExplainedStepSchema),
  related: z.array(z.object({ of: ExplainedKindSchema, id: z.string() })),
});
export type Explanation = z.infer<typeof ExplanationSchema>;

/** True when the parts of each step are its total, to the cent. */
export function addsUp({ steps }: Pick<Explanation, 'steps'>): boolean {
  return steps.every(({ totalCents, parts }) => sumCents(parts.map((part) => part.cents)) === totalCents);
}
