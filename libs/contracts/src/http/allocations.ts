import { z } from 'zod';
import { ResourceIdSchema, type ResourceKey, ResourceTypeSchema, UserIdSchema } from '../ids.ts';
import { NonNegativeCentsSchema } from '../money.ts';
import { MonthSchema } from '../month.ts';
import { ProblemCodeSchema } from '../problem.ts';
import { RunKindSchema } from '../run.ts';
import { WriterStateSchema } from '../topics/allocation-changed.ts';
import { FundingSchema } from '../topics/funding-changed.ts';
import { LockedTotalsSchema } from '../topics/month-locked.ts';

const InstantSchema = z.iso.datetime({ precision: 3 });

/** The path of one supported thing. */
export const ResourcePathSchema = z.object({ resourceType: ResourceTypeSchema, resourceId: ResourceIdSchema });

const TitleSchema = z
  .string()
  .max(500)
  .refine((title) => title.isWellFormed() && !title.includes('\0'), 'a title is well-formed text');

/** `PUT /v1/resources/{resourceType}/{resourceId}`: who receives what is allocated to it, and its name on pages. */
export const RegisterResourceSchema = z.strictObject({ ownerUserId: UserIdSchema, title: TitleSchema });
export const ResourceSchema = RegisterResourceSchema.extend(ResourcePathSchema.shape);
export type Resource = z.infer<typeof ResourceSchema>;

/**
 * The version of an allocation: it rises with each change of that allocation, and is 0 while nothing is allocated. It is
 * the allocation's and not the plan's, so that changes of different resources, of one page or of several, never conflict.
 */
const AllocationVersionSchema = z.int().min(0);

/**
 * `PUT /v1/allocations/{resourceType}/{resourceId}`: the wish in whole cents a month; 0 removes it (A4). With
 * `expectedVersion` it is refused (`version_conflict`, with the current state) when another state stands than the caller
 * has seen; a wish that says what stands already is accepted whatever is expected, so that repeating it does no harm.
 */
export const SetAllocationSchema = z.strictObject({
  usdCents: NonNegativeCentsSchema,
  recipientUserId: UserIdSchema.optional(),
  expectedVersion: AllocationVersionSchema.optional(),
});

/** `DELETE /v1/allocations/{resourceType}/{resourceId}?expectedVersion=`. */
export const RemoveAllocationQuerySchema = z.strictObject({
  expectedVersion: z.coerce.number().int().min(0).optional(),
});

/**
 * A plan in numbers (A3): total = allocated + available − overspent, and one of the last two is 0. `version` counts the
 * plan's changes: of two answers the one with the higher is the newer, in whatever order they arrive. Null in a month that
 * is over.
 */
export const AllocationSummarySchema = z.object({
  month: MonthSchema,
  cutoff: InstantSchema,
  serverTime: InstantSchema,
  funding: FundingSchema,
  version: z.int().min(0).nullable(),
  totalCents: NonNegativeCentsSchema,
  allocatedCents: NonNegativeCentsSchema,
  availableCents: NonNegativeCentsSchema,
  overspentCents: NonNegativeCentsSchema,
});
export type AllocationSummary = z.infer<typeof AllocationSummarySchema>;

/** `PUT /v1/writers/{userId}` and its answer: since when the writer is in the state. */
export const SetWriterStateSchema = z.strictObject({ state: WriterStateSchema });
export const WriterStateAnswerSchema = z.object({
  userId: UserIdSchema,
  state: WriterStateSchema,
  since: InstantSchema,
});

/** `GET /v1/resources/{resourceType}/{resourceId}/support`: what stands for a resource of the caller's. */
export const ResourceSupportSchema = z.object({
  ...ResourcePathSchema.shape,
  supporters: z.int().min(0),
  usdCents: NonNegativeCentsSchema,
});

/** `GET` and `PUT /v1/preferences`: the step of the +/- buttons (A12). */
export const PreferencesSchema = z.strictObject({ incrementCents: z.int().min(1).max(1_000_000) });
/** What holds for somebody who has said nothing. */
export const defaultPreferences = { incrementCents: 50 } satisfies z.infer<typeof PreferencesSchema>;

/**
 * One line of a month: `active` until the month is locked; `fundedCents` is known, and not null, from then on. `version`
 * is what a change gives as `expectedVersion`. While `writerState` is not `open`, the allocation stays in the plan and will
 * not be funded (A11). Both are null in a month that is over, in which nothing changes any more.
 */
export const AllocationSchema = z.object({
  lineId: z.string(),
  month: MonthSchema,
  resourceType: ResourceTypeSchema,
  resourceId: ResourceIdSchema,
  recipientUserId: UserIdSchema,
  usdCents: NonNegativeCentsSchema,
  fundedCents: NonNegativeCentsSchema.nullable(),
  status: z.enum(['active', 'locked']),
  version: AllocationVersionSchema.nullable(),
  writerState: WriterStateSchema.nullable(),
});
export type Allocation = z.infer<typeof AllocationSchema>;

/** `GET /v1/allocations`. */
export const AllocationsSchema = z.object({ summary: AllocationSummarySchema, allocations: z.array(AllocationSchema) });

/**
 * The answer to a read or a change of one allocation, and further members of the problem `version_conflict`. The
 * allocation is null, and `version` 0, where nothing is allocated.
 */
export const AllocationAnswerSchema = z.object({
  allocation: AllocationSchema.nullable(),
  version: AllocationVersionSchema,
  summary: AllocationSummarySchema,
});
export type AllocationAnswer = z.infer<typeof AllocationAnswerSchema>;

/** `POST /v1/allocations/batch`: wishes in the order in which they are applied, each on what those before have left. */
export const ChangeAllocationsSchema = z.strictObject({
  changes: z.array(SetAllocationSchema.extend(ResourcePathSchema.shape)).min(1).max(100),
});

const RefusedChangeSchema = z.object({
  outcome: z.literal('refused'),
  code: ProblemCodeSchema,
  status: z.int(),
  detail: z.string(),
  field: z.string().optional(),
  availableCents: NonNegativeCentsSchema.optional(),
  allocation: AllocationSchema.nullable(),
});

/**
 * The answer to a batch: `results[i]` is what became of `changes[i]`, with the allocation as it stood right after it. A
 * refused one has the problem's code, and has changed nothing. `summary` is of the plan after all of them.
 */
export const ChangedAllocationsSchema = z.object({
  results: z.array(
    z.discriminatedUnion('outcome', [
      z.object({ outcome: z.literal('accepted'), allocation: AllocationSchema.nullable() }),
      RefusedChangeSchema,
    ]),
  ),
  summary: AllocationSummarySchema,
});
export type ChangedAllocations = z.infer<typeof ChangedAllocationsSchema>;

/** `POST /v1/allocations/undo`: the version of the change, as the history has it, that is to be taken back. */
export const UndoChangeSchema = z.strictObject({ version: z.int().min(1).max(2_147_483_647) });

/** A resource in a query: `page/abc`. */
const ResourceTextSchema = z
  .string()
  .refine((text) => ResourcePathSchema.safeParse(resourceParts(text)).success, 'a resource is written type/id');

function resourceParts(text: string) {
  const slash = text.indexOf('/');
  return { resourceType: text.slice(0, slash), resourceId: text.slice(slash + 1) };
}

/** The resource that a text like `page/abc` names. Throws a ZodError for anything else. */
export function resourceOfText(text: string): ResourceKey {
  return ResourcePathSchema.parse(resourceParts(text));
}

/** `GET /v1/allocations/stream?resource=page/abc&resource=user/xyz`. */
export const StreamQuerySchema = z.strictObject({
  resource: z.union([ResourceTextSchema, z.array(ResourceTextSchema).max(100)]).optional(),
});

/** `data` of an `allocation` event of the stream; that of a `summary` event is the summary. */
export const AllocationEventSchema = AllocationAnswerSchema.omit({ summary: true }).extend(ResourcePathSchema.shape);

/** One change of a plan (A10). `version` counts the plan's changes. */
export const AllocationChangeSchema = z.object({
  version: z.int().positive(),
  resourceType: ResourceTypeSchema,
  resourceId: ResourceIdSchema,
  recipientUserId: UserIdSchema,
  beforeCents: NonNegativeCentsSchema,
  afterCents: NonNegativeCentsSchema,
  month: MonthSchema,
  at: InstantSchema,
  changedBy: UserIdSchema,
  /** Whether the supporter changed it, a schedule (A9), a writer's state (A11) or an import of older data (A13). */
  cause: z.enum(['user', 'schedule', 'writer_unavailable', 'import']),
  /** Of `writer_unavailable`: the recipient's state that the supporter is told of. */
  writerState: WriterStateSchema.nullable(),
  requestId: z.string(),
});

/** `GET /v1/allocations/history`: newest first; `nextCursor` is null on the last page. */
export const AllocationHistorySchema = z.object({
  changes: z.array(AllocationChangeSchema),
  nextCursor: z.string().nullable(),
});

const ScheduledCentsSchema = z.int().min(1).max(99_999_999).brand<'Cents'>();

const scheduledSet = z.strictObject({
  kind: z.literal('set'),
  usdCents: NonNegativeCentsSchema,
  fromMonth: MonthSchema,
});
const scheduledAdd = z.strictObject({
  kind: z.literal('add'),
  usdCents: ScheduledCentsSchema,
  fromMonth: MonthSchema,
  throughMonth: MonthSchema,
});

/**
 * `PUT /v1/schedules/{scheduleId}` (A9): `set` makes the allocation `usdCents` from a month on, 0 removes it; `add` adds
 * `usdCents` to what stands, from `fromMonth` through `throughMonth`, and ends by itself. Months begin after the running one.
 */
export const ChangeScheduleSchema = z.discriminatedUnion('kind', [scheduledSet, scheduledAdd]);
export type ChangeSchedule = z.infer<typeof ChangeScheduleSchema>;

/** `POST /v1/schedules`: the same, for a resource. */
export const MakeScheduleSchema = z.discriminatedUnion('kind', [
  scheduledSet.extend(ResourcePathSchema.shape),
  scheduledAdd.extend(ResourcePathSchema.shape),
]);

/**
 * A scheduled change. `planned` until its month begins; then `begun`, or `did_not_fit` when the plan had no room for it.
 * A span has `ended` after its last month, or with a direct change of the same resource.
 */
export const AllocationScheduleSchema = z.object({
  scheduleId: z.uuid(),
  ...ResourcePathSchema.shape,
  recipientUserId: UserIdSchema,
  kind: z.enum(['set', 'add']),
  usdCents: NonNegativeCentsSchema,
  fromMonth: MonthSchema,
  /** The last month of a span; null for an amount from a month on. */
  throughMonth: MonthSchema.nullable(),
  state: z.enum(['planned', 'begun', 'ended', 'did_not_fit', 'removed']),
});

/** `GET /v1/schedules`: newest first; `nextCursor` is null on the last page. */
export const AllocationSchedulesSchema = z.object({
  schedules: z.array(AllocationScheduleSchema),
  nextCursor: z.string().nullable(),
});

/** How near the cutoff is: more than 7 days, at most 7 days, at most 24 hours, at most an hour. */
export const UrgencySchema = z.enum(['calm', 'soon', 'urgent', 'final']);
export type Urgency = z.infer<typeof UrgencySchema>;

/** `GET /v1/months/current`. */
export const CurrentMonthSchema = z.object({
  month: MonthSchema,
  cutoff: InstantSchema,
  serverTime: InstantSchema,
  secondsLeft: z.int().min(0),
  urgency: UrgencySchema,
});

/** Body of `POST /v1/months/{month}/close`; nothing is a close. */
export const StartCloseSchema = z.strictObject({ kind: RunKindSchema.default('close') }).nullish();

/**
 * `POST /v1/months/{month}/close` and its `GET`. It is `waiting_for_earlier_month` while the late close of one goes on
 * (A8). `totals` are of the `chunks` frozen so far, and final once the state is `locked`. `backfilled` is null for a close
 * that was started in the month after; for one that was started later (A8) it counts the lines that it has recovered.
 * `leftOut` are wishes for writers who were not open at the cutoff (A11): they are no lines, and what was paid for them is
 * unallocated.
 */
export const MonthCloseSchema = z.object({
  month: MonthSchema,
  runId: z.uuid(),
  kind: RunKindSchema,
  state: z.enum(['waiting_for_earlier_month', 'waiting_for_funding', 'locking', 'locked']),
  cutoff: InstantSchema,
  startedAt: InstantSchema,
  startedBy: z.string(),
  lockedAt: InstantSchema.nullable(),
  chunks: z.int().min(0),
  totals: LockedTotalsSchema,
  leftOut: z.object({ lines: z.int().min(0), usdCents: NonNegativeCentsSchema }),
  backfilled: z.object({ lines: z.int().min(0) }).nullable(),
  traceId: z.string().nullable(),
});
export type MonthClose = z.infer<typeof MonthCloseSchema>;
