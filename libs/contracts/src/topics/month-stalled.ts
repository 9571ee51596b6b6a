import { z } from 'zod';
import { MonthSchema } from '../month.ts';
import { RunSchema } from '../run.ts';
import { defineTopic } from './topic.ts';

/**
 * What is left of a month's close waits for somebody: `funds`: money has to be available or topped up; `operator`: each payout
 * that has not ended waits for a person. Months after it go on (A8); it goes on by itself, or by that person, later.
 */
export const monthStalled = defineTopic({
  name: 'month.stalled',
  summary: "What is left of a month's close waits for money or for a person.",
  key: 'month',
  owners: ['billing', 'payouts'],
  hearers: ['allocations'],
  schema: z.object({
    run: RunSchema,
    month: MonthSchema,
    because: z.enum(['funds', 'operator']),
    at: z.iso.datetime({ precision: 3 }),
  }),
});
