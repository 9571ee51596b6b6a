import { z } from 'zod';
import { ResourceIdSchema, ResourceTypeSchema, UserIdSchema } from '../ids.ts';
import { CurrencySchema, NonNegativeCentsSchema } from '../money.ts';
import { RunSchema } from '../run.ts';
import { defineTopic } from './topic.ts';

/** Sums that a chunk states of itself and that the closing message states of all chunks (B3: funded + unallocated = paid). */
export const LockedTotalsSchema = z.object({
  supporters: z.int().min(0),
  lines: z.int().min(0),
  paidCents: NonNegativeCentsSchema,
  fundedCents: NonNegativeCentsSchema,
  unallocatedCents: NonNegativeCentsSchema,
  unfundedCents: NonNegativeCentsSchema,
});
export type LockedTotals = z.infer<typeof LockedTotalsSchema>;

/**
 * A chunk of whole supporters in order of user id, as columns: entry `i` of each array of `supporters` is one supporter,
 * whose `lineCounts[i]` lines follow each other in `lines`, in order of line id.
 */
export const LockedChunkSchema = z.object({
  part: z.literal('chunk'),
  run: RunSchema,
  chunk: z.int().min(0),
  currency: CurrencySchema,
  totals: LockedTotalsSchema,
  supporters: z.object({
    userIds: z.array(UserIdSchema),
    paidCents: z.array(NonNegativeCentsSchema),
    fundedCents: z.array(NonNegativeCentsSchema),
    unallocatedCents: z.array(NonNegativeCentsSchema),
    invoiceIds: z.array(z.array(z.string())),
    lineCounts: z.array(z.int().min(0)),
  }),
  lines: z.object({
    resourceTypes: z.array(ResourceTypeSchema),
    resourceIds: z.array(ResourceIdSchema),
    recipientUserIds: z.array(UserIdSchema),
    usdCents: z.array(NonNegativeCentsSchema),
    fundedCents: z.array(NonNegativeCentsSchema),
  }),
});
export type LockedChunk = z.infer<typeof LockedChunkSchema>;

/** The control totals of the month. `hash` is SHA-256 over the chunks' SHA-256, in order of chunk number. */
export const LockedClosingSchema = z.object({
  part: z.literal('closing'),
  run: RunSchema,
  currency: CurrencySchema,
  chunks: z.int().min(0),
  totals: LockedTotalsSchema,
  hash: z.hex(),
});
export type LockedClosing = z.infer<typeof LockedClosingSchema>;

/** The frozen lines of a month, chunk by chunk, then the control totals (B1, B3). */
export const monthLocked = defineTopic({
  name: 'month.locked',
  summary:
    "A chunk of whole supporters with their frozen lines; then one closing message with the month's control totals.",
  key: '<runId>:<chunk>, or closing:<runId>',
  owners: ['allocations'],
  hearers: ['billing', 'earnings'],
  retentionDays: 40,
  encoding: 'json+zstd',
  keptParts: ['chunk', 'closing'],
  schema: z.discriminatedUnion('part', [LockedChunkSchema, LockedClosingSchema]),
});
