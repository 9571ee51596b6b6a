import { z } from 'zod';
import { UserIdSchema } from '../ids.ts';
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
  summary: 'How far one step of a run is, one message a batch.',
  key: 'runId',
  owners: serviceNames,
  hearers: ['monitoring'],
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

/** A month's close is over, and not a cent of it is unexplained: said once, by who compares the books of all services. */
export const monthReconciled = defineTopic({
  name: 'month.reconciled',
  summary: "A month's close is over, and not a cent of it is unexplained.",
  key: 'month',
  owners: ['monitoring'],
  hearers: ['allocations', 'billing'],
  schema: z.object({ run: RunSchema, month: MonthSchema, at: z.iso.datetime({ precision: 3 }) }),
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
 * `sums` are balances that another service's books must equal; `version` counts a service's checks. `takenIn` counts, by topic, the
 * messages that have moved what writers are owed, those that the service itself has said included: balances of two services
 * are of the same moment when their counts are equal.
 */
export const booksChecked = defineTopic({
  name: 'books.checked',
  summary: "The equations of a service's books at a moment: each side, and the difference.",
  key: 'service',
  owners: serviceNames,
  hearers: ['monitoring'],
  schema: z.object({
    service: ServiceNameSchema,
    version: z.int().positive(),
    month: MonthSchema.nullable(),
    runId: z.uuid().nullable(),
    stage: z.string(),
    at: z.iso.datetime({ precision: 3 }),
    equations: z.array(EquationSchema),
    sums: z.record(z.string(), CentsSchema),
    takenIn: z.record(z.string(), z.int().min(0)).default({}),
  }),
});

/** What has become of a message that was put aside; `replayed` and `dropped` are the end of it. */
export const ParkedStateSchema = z.enum(['parked', 'replayed', 'dropped']);
export type ParkedState = z.infer<typeof ParkedStateSchema>;

/**
 * A message that cannot be handled and was put aside while its neighbours flow on; then each answer to an operator's order
 * about it. `version` counts these for a message: newer applies. `reason` is why it could not be handled, the last time.
 */
export const messageParked = defineTopic({
  name: 'message.parked',
  summary: 'A message that cannot be handled and was put aside.',
  key: 'service',
  owners: serviceNames,
  hearers: ['monitoring'],
  schema: z.object({
    service: ServiceNameSchema,
    topic: z.string(),
    messageId: z.string(),
    key: z.string().nullable(),
    reason: z.string(),
    at: z.iso.datetime({ precision: 3 }),
    state: ParkedStateSchema.default('parked'),
    version: z.int().positive().default(1),
    canBeDropped: z.boolean().default(false),
    /** The order that this answers; null when the service itself put the message aside. */
    commandId: z.uuid().nullable().default(null),
  }),
});

const order = {
  commandId: z.uuid(),
  service: ServiceNameSchema,
  /** The parked message, as its service has told of it. */
  topic: z.string(),
  messageId: z.string(),
  orderedBy: UserIdSchema,
  why: z.string(),
  at: z.iso.datetime({ precision: 3 }),
};

/**
 * An operator's order to a service about a message that it has parked: `replay` hands it to its handler again, `drop` puts
 * it away for good. The service answers with `message.parked`; an order about a message that is parked no more has none.
 */
export const operatorCommand = defineTopic({
  name: 'operator.command',
  summary: "An operator's order to a service about a message that it has parked: replay, or drop.",
  key: 'service',
  owners: ['monitoring'],
  hearers: serviceNames,
  schema: z.discriminatedUnion('order', [
    z.object({ order: z.literal('replay'), ...order }),
    z.object({ order: z.literal('drop'), ...order }),
  ]),
});
