import { z } from 'zod';
import { ResourceIdSchema, ResourceTypeSchema, UserIdSchema } from '../ids.ts';
import { CurrencySchema, NonNegativeCentsSchema } from '../money.ts';
import { MonthSchema } from '../month.ts';
import { defineTopic } from './topic.ts';

/**
 * A change of an allocation that is to happen by itself (A9). `set` makes the standing amount `usdCents` from a month on;
 * `add` adds `usdCents` to it from `fromMonth` through `throughMonth`.
 */
export const ScheduleSchema = z.object({
  scheduleId: z.uuid(),
  userId: UserIdSchema,
  resourceType: ResourceTypeSchema,
  resourceId: ResourceIdSchema,
  recipientUserId: UserIdSchema,
  kind: z.enum(['set', 'add']),
  usdCents: NonNegativeCentsSchema,
  fromMonth: MonthSchema,
  /** The last month of an `add`; null for a `set`. */
  throughMonth: MonthSchema.nullable(),
  state: z.enum(['planned', 'begun', 'ended', 'did_not_fit', 'removed']),
});

/** A scheduled change was made, edited, begun, ended, removed, or did not fit (A9). Newer `version` applies. */
export const scheduleChanged = defineTopic({
  name: 'schedule.changed',
  summary: 'A scheduled change was made, edited, begun, ended, removed, or did not fit.',
  key: 'userId',
  owners: ['allocations'],
  hearers: ['earnings'],
  schema: ScheduleSchema.extend({
    currency: CurrencySchema,
    version: z.int().positive(),
    at: z.iso.datetime({ precision: 3 }),
  }),
});
