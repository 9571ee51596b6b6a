import { z } from 'zod';
import { UserIdSchema } from '../ids.ts';
import { CurrencySchema, NonNegativeCentsSchema } from '../money.ts';
import { MonthSchema } from '../month.ts';
import { ReversalKindSchema } from '../topics/reversals.ts';

/** A line as who asks knows it: its id to supporters and administrators, its key to writers (C4). */
const line = z.string().min(1).max(400);
const sentence = z.string().trim().min(1).max(2_000);
const nextCursor = z.string().nullable();

/** `POST /v1/questions` (supporter, writer): something about a line is not right (E5). */
export const AskQuestionSchema = z.strictObject({ line, text: sentence });

const HoldStateSchema = z.enum(['held', 'released', 'reversed']);

/** A question, and what came of it: an answer in words, with the hold that was placed because of it, if one was. */
export const QuestionSchema = z.object({
  questionId: z.uuid(),
  line,
  month: MonthSchema,
  askedAs: z.enum(['supporter', 'writer']),
  text: z.string(),
  askedAt: z.iso.datetime(),
  answer: z
    .object({
      text: z.string(),
      at: z.iso.datetime(),
      hold: z.object({ holdId: z.uuid(), state: HoldStateSchema, reason: z.string() }).nullable(),
    })
    .nullable(),
});
export type Question = z.infer<typeof QuestionSchema>;

/** `GET /v1/questions`: the own ones, or everybody's for an administrator, oldest first. */
export const QuestionsQuerySchema = z.strictObject({
  state: z.enum(['open', 'answered']).optional(),
  cursor: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
export const QuestionsPageSchema = z.object({ questions: z.array(QuestionSchema), nextCursor });

/** `POST /v1/questions/{id}/answer` (admin): in words, where nothing has to be held. */
export const AnswerQuestionSchema = z.strictObject({ text: sentence });

const cause = { reason: sentence, questionId: z.uuid().optional() };

/** `POST /v1/holds` (admin): keeps back a line, or a writer's month, and may answer a question (C6). */
export const PlaceHoldSchema = z.union([
  z.strictObject({ line, ...cause }),
  z.strictObject({ month: MonthSchema, recipientUserId: UserIdSchema, ...cause }),
]);
export type PlaceHold = z.infer<typeof PlaceHoldSchema>;

/** `POST /v1/holds/{id}/release|reverse` (admin). */
export const EndHoldSchema = z.strictObject({ reason: sentence });

/** A hold and everything that was done with it. `lineId` is null when the writer's whole month is held. */
export const HoldSchema = z.object({
  holdId: z.uuid(),
  month: MonthSchema,
  recipientUserId: UserIdSchema,
  lineId: z.string().nullable(),
  currency: CurrencySchema,
  /** What it was placed on. */
  netCents: NonNegativeCentsSchema,
  /** What of that it is on now: neither taken back nor in dispute since; 0 once it has ended. */
  leftCents: NonNegativeCentsSchema,
  state: HoldStateSchema,
  changes: z.array(
    z.object({
      version: z.int().positive(),
      state: HoldStateSchema,
      reason: z.string(),
      byUserId: z.string(),
      at: z.iso.datetime(),
    }),
  ),
});
export type Hold = z.infer<typeof HoldSchema>;

/** `GET /v1/holds` (admin): oldest first. */
export const HoldsQuerySchema = z.strictObject({
  state: HoldStateSchema.optional(),
  cursor: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
export const HoldsPageSchema = z.object({ holds: z.array(HoldSchema), nextCursor });

/** `applied`: its parts are taken; `waiting`: its month is not calculated yet; `refused`: it does not fit to what is left. */
const ReversalStateSchema = z.enum(['applied', 'waiting', 'refused']);

/** A reversal as it came, and what came of it. */
export const ReversalRecordSchema = z.object({
  reversalId: z.uuid(),
  kind: ReversalKindSchema,
  settles: z.uuid().nullable(),
  userId: z.string(),
  month: MonthSchema,
  currency: CurrencySchema,
  amountCents: NonNegativeCentsSchema,
  invoiceId: z.string().nullable(),
  stripeId: z.string().nullable(),
  at: z.iso.datetime(),
  state: ReversalStateSchema,
  refusedBecause: z.string().nullable(),
});
export type ReversalRecord = z.infer<typeof ReversalRecordSchema>;

/** `GET /v1/months/{month}/reversals` (admin): in the order in which they came. */
export const ReversalsQuerySchema = z.strictObject({
  state: ReversalStateSchema.optional(),
  cursor: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
export const ReversalsPageSchema = z.object({
  reversals: z.array(ReversalRecordSchema),
  nextCursor: z.int().nullable(),
});
