import { z } from 'zod';

/** Every problem code of the APIs with its one HTTP status. `type` is `urn:wewrite:problem:<code>` (RFC 9457). */
export const problemStatuses = {
  invalid_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  over_allocated: 409,
  version_conflict: 409,
  busy: 409,
  already_subscribed: 409,
  month_not_over: 409,
  month_closed: 409,
  already_begun: 409,
  payment_pending: 409,
  payout_sent: 409,
  already_held: 409,
  hold_ended: 409,
  already_answered: 409,
  not_refused: 409,
  already_refunded: 409,
  not_parked: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  not_owner: 422,
  self_support: 422,
  unknown_resource: 422,
  unknown_month: 422,
  writer_closed: 422,
  too_many_allocations: 422,
  below_minimum: 422,
  no_subscription: 422,
  idempotency_mismatch: 422,
  payment_failed: 422,
  nothing_to_hold: 422,
  not_confirmed: 422,
  must_not_be_dropped: 422,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
} as const satisfies Record<string, number>;

export type ProblemCode = keyof typeof problemStatuses;

/** A code as it is in answers. */
export const ProblemCodeSchema = z.enum(Object.keys(problemStatuses) as [ProblemCode, ...ProblemCode[]]);

/** The body of every error answer, `application/problem+json`. */
export const ProblemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: ProblemCodeSchema,
  detail: z.string(),
  field: z.string().optional(),
  traceId: z.string(),
  availableCents: z.int().optional(),
});
export type Problem = z.infer<typeof ProblemSchema>;
