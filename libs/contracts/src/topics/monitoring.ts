import { z } from 'zod';
import { CentsSchema, cents } from '../money.ts';
import { MonthSchema } from '../month.ts';
import { RunSchema, ServiceNameSchema, serviceNames } from '../run.ts';
import { defineTopic } from './topic.ts';

/** The steps of a close in their order, each with the service that does it. */
export const closeSteps = {
  lock: 'allocations',
  lines: 'earnings',
  lock_books: 'billing',
  earnings: 'earnings',
  earnings_books: 'billing',
  credits: 'payouts',
  escrow: 'billing',
  payout_requests: 'payouts',
  payouts: 'payouts',
  payout_books: 'billing',
} as const satisfies Record<string, (typeof serviceNames)[number]>;
export type CloseStep = keyof typeof closeSteps;
export const CloseStepSchema = z.enum(Object.keys(closeSteps) as [CloseStep, ...CloseStep[]]);

/** The steps that a rehearsal goes through: it stops before Stripe and before the ledger. */
export const rehearsedSteps = [
  'lock',
  'lines',
  'lock_books',
  'earnings',
  'earnings_books',
  'credits',
  'escrow',
  'payout_requests',
] as const satisfies readonly CloseStep[];

/**
 * How far one step of a run is. Counts are cumulative, `version` rises with each message of a run and step: newer
 * applies. `expected` is null until it is known. `booksVersion` is the `books.checked` that shows this state, or null.
 */
export const monthProgress = defineTopic({
  name: 'month.progress',
  key: 'runId',
  owners: serviceNames,
  schema: z.object({
    run: RunSchema,
    step: CloseStepSchema,
    expected: z.int().min(0).nullable(),
    done: z.int().min(0),
    sums: z.record(z.string(), CentsSchema),
    state: z.enum(['running', 'waiting_for_funds', 'done']),
    version: z.int().positive(),
    booksVersion: z.int().positive().nullable(),
    at: z.iso.datetime({ precision: 3 }),
  }),
});

/** Two sums that must be equal; `differenceCents` is left − right, 0 when they are. */
export const EquationSchema = z.object({
  name: z.string(),
  leftCents: CentsSchema,
  rightCents: CentsSchema,
  differenceCents: CentsSchema,
});
/** One of them. */
export type Equation = z.infer<typeof EquationSchema>;

/** An equation of its two sides, in cents. */
export function equationOf(name: string, left: number, right: number): Equation {
  return { name, leftCents: cents(left), rightCents: cents(right), differenceCents: cents(left - right) };
}

/**
 * The equations of one service's books at a moment.
 * `sums` are balances that another service's books must equal; `version` counts a service's checks.
 */
export const booksChecked = defineTopic({
  name: 'books.checked',
  key: 'service',
  owners: serviceNames,
  schema: z.object({
    service: ServiceNameSchema,
    version: z.int().positive(),
    month: MonthSchema.nullable(),
    runId: z.uuid().nullable(),
    stage: z.string(),
    at: z.iso.datetime({ precision: 3 }),
    equations: z.array(EquationSchema),
    sums: z.record(z.string(), CentsSchema),
  }),
});

/** A message that cannot be handled and was put aside; its neighbours flow on. */
export const messageParked = defineTopic({
  name: 'message.parked',
  key: 'service',
  owners: serviceNames,
  schema: z.object({
    service: ServiceNameSchema,
    topic: z.string(),
    messageId: z.string(),
    key: z.string().nullable(),
    reason: z.string(),
    at: z.iso.datetime({ precision: 3 }),
  }),
});
