import { z } from 'zod';
import { ResourceTypeSchema } from '../ids.ts';
import { CurrencySchema, NonNegativeCentsSchema } from '../money.ts';
import { MonthSchema } from '../month.ts';

const amounts = {
  grossCents: NonNegativeCentsSchema,
  platformFeeCents: NonNegativeCentsSchema,
  netCents: NonNegativeCentsSchema,
};

/**
 * What a writer's running month would come to if it ended now and every plan was paid for (C3). Nothing of it is earned:
 * plans change until the cutoff, and only what is paid is funded.
 */
export const ProjectionSchema = z.object({
  month: MonthSchema,
  isEarned: z.literal(false),
  ...amounts,
  supporterCount: z.int().min(0),
  resources: z.array(
    z.object({
      resourceType: ResourceTypeSchema,
      resourceId: z.string(),
      supporterCount: z.int().min(0),
      usdCents: NonNegativeCentsSchema,
    }),
  ),
});
export type Projection = z.infer<typeof ProjectionSchema>;

const rate = z.int().min(0).max(10_000);

/**
 * `GET /v1/earnings/forecast` (writer): the three months after the running one, from standing plans, scheduled changes and
 * the lapse rate seen (C5); `low` and `high` are with the worst and the best rate to be expected from what was seen.
 */
export const ForecastSchema = z.object({
  currency: CurrencySchema,
  months: z.array(
    z.object({
      month: MonthSchema,
      plannedGrossCents: NonNegativeCentsSchema,
      lowNetCents: NonNegativeCentsSchema,
      expectedNetCents: NonNegativeCentsSchema,
      highNetCents: NonNegativeCentsSchema,
    }),
  ),
  /** Supporters who were funded in a month and not in the next; null before two months in a row are calculated. */
  lapse: z
    .object({ lowBasisPoints: rate, expectedBasisPoints: rate, highBasisPoints: rate, monthsSeen: z.int().positive() })
    .nullable(),
  /** How steady the net of the last twelve months was; null before there are two. */
  stability: z
    .object({
      months: z.int().min(2),
      meanNetCents: NonNegativeCentsSchema,
      standardDeviationCents: NonNegativeCentsSchema,
      /** The standard deviation as a share of the mean; null of nothing. */
      variationBasisPoints: z.int().min(0).nullable(),
    })
    .nullable(),
});
export type Forecast = z.infer<typeof ForecastSchema>;

/**
 * `GET /v1/impact/{month}` (supporter): what became of the own payment: paid = reached + platform fee + unallocated +
 * returned + disputed. `fundedCents` and `unfundedCents` are what the plan got and lacked when the month was locked.
 */
export const ImpactSchema = z.object({
  month: MonthSchema,
  currency: CurrencySchema,
  sentence: z.string(),
  paidCents: NonNegativeCentsSchema,
  fundedCents: NonNegativeCentsSchema,
  unallocatedCents: NonNegativeCentsSchema,
  unfundedCents: NonNegativeCentsSchema,
  platformFeeCents: NonNegativeCentsSchema,
  reachedCents: NonNegativeCentsSchema,
  returnedCents: NonNegativeCentsSchema,
  disputedCents: NonNegativeCentsSchema,
  writerCount: z.int().min(0),
  lines: z.array(
    z.object({
      lineId: z.string(),
      recipientUserId: z.string(),
      resourceType: ResourceTypeSchema,
      resourceId: z.string(),
      usdCents: NonNegativeCentsSchema,
      fundedCents: NonNegativeCentsSchema,
      platformFeeCents: NonNegativeCentsSchema,
      reachedCents: NonNegativeCentsSchema,
    }),
  ),
});
export type Impact = z.infer<typeof ImpactSchema>;
