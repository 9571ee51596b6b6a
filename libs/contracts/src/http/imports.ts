import { z } from 'zod';
import { UserIdSchema } from '../ids.ts';
import { NonNegativeCentsSchema } from '../money.ts';
import { ResourcePathSchema } from './allocations.ts';

const ImportedCentsSchema = z.int().min(1).max(99_999_999).brand<'Cents'>();

/** So many rows of one supporter can be imported: a full plan, and every allocation of it four times. */
export const mostImportedWishes = 2_000;

/**
 * `PUT /v1/imports/{userId}`: all that a supporter wished before this system, in the order of the old data, duplicates
 * included (A13). The same again changes nothing, whatever has become of the plan since; something else is refused.
 */
export const ImportPlanSchema = z.strictObject({
  wishes: z
    .array(ResourcePathSchema.strict().extend({ usdCents: ImportedCentsSchema }))
    .min(1)
    .max(mostImportedWishes),
});
export type ImportPlan = z.infer<typeof ImportPlanSchema>;

/**
 * What has become of an imported wish: it `entered` the plan; it is one of several for its resource and waits
 * (`duplicate`); it was `merged` with those into one that entered; or the supporter had changed the allocation here
 * before it could enter (`superseded`).
 */
export const ImportStateSchema = z.enum(['entered', 'duplicate', 'merged', 'superseded']);

/** The answer to an import and to a merge: the supporter's imported wishes, in their order. */
export const ImportedPlanSchema = z.object({
  userId: UserIdSchema,
  wishes: z.array(ResourcePathSchema.extend({ usdCents: NonNegativeCentsSchema, state: ImportStateSchema })),
});
export type ImportedPlan = z.infer<typeof ImportedPlanSchema>;

/** Imported wishes of one supporter for one resource, and what a merge would make of them. */
export const ImportedDuplicateSchema = ResourcePathSchema.extend({
  userId: UserIdSchema,
  usdCents: z.array(NonNegativeCentsSchema),
  /** Their sum: what the old system counted, and what enters the plan. */
  mergedCents: NonNegativeCentsSchema,
  /** Whether the supporter has changed the allocation since, which then stands, and none of these enters. */
  isSuperseded: z.boolean(),
});
export type ImportedDuplicate = z.infer<typeof ImportedDuplicateSchema>;

/**
 * `GET /v1/imports/duplicates`: by supporter and resource; `nextCursor` is null on the last page. `isProduction` says whether
 * a merge has to be confirmed.
 */
export const ImportedDuplicatesSchema = z.object({
  isProduction: z.boolean(),
  duplicates: z.array(ImportedDuplicateSchema),
  nextCursor: UserIdSchema.nullable(),
});

/** `POST /v1/imports/{userId}/merge`: in production it is refused (`not_confirmed`) unless `production` is true. */
export const MergeDuplicatesSchema = z.strictObject({ production: z.boolean().default(false) }).nullish();
