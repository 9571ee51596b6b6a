import { z } from 'zod';
import { ResourceIdSchema, ResourceTypeSchema, UserIdSchema } from '../ids.ts';
import { CurrencySchema, NonNegativeCentsSchema } from '../money.ts';
import { MonthSchema } from '../month.ts';
import { defineTopic } from './topic.ts';

/** Whether a writer takes support (A11): only an open one does. */
export const WriterStateSchema = z.enum(['open', 'inactive', 'blocked', 'closed']);
export type WriterState = z.infer<typeof WriterStateSchema>;

/** One change of one allocation (A10). `version` counts the plan's changes; newer applies, older is dropped. */
export const allocationChanged = defineTopic({
  name: 'allocation.changed',
  summary: 'One change of one allocation: before, after, month, cause.',
  key: 'userId',
  owners: ['allocations'],
  hearers: ['earnings'],
  schema: z.object({
    userId: UserIdSchema,
    resourceType: ResourceTypeSchema,
    resourceId: ResourceIdSchema,
    recipientUserId: UserIdSchema,
    beforeCents: NonNegativeCentsSchema,
    afterCents: NonNegativeCentsSchema,
    currency: CurrencySchema,
    month: MonthSchema,
    version: z.int().positive(),
    at: z.iso.datetime({ precision: 3 }),
    cause: z.enum(['user', 'schedule', 'writer_unavailable', 'import']),
    /** Of `writer_unavailable`: the recipient's state that it tells of, `open` included; the amount stays as it is (A11). */
    writerState: WriterStateSchema.nullable().default(null),
  }),
});
