import {
  cents,
  type EarningsClosing,
  type LockedChunk,
  type LockedClosing,
  type Run,
  UserIdSchema,
  type WriterMonth,
} from '@wewrite/contracts';
import { november } from './running-billing.ts';

/** The close that the fixtures belong to. */
export const run: Run = { runId: '0190f0a0-0000-7000-8000-000000000001', kind: 'close', month: november };

/** What the lock says of a supporter. */
export interface SupporterMonth {
  readonly userId: string;
  readonly fundedCents: number;
  readonly unallocatedCents: number;
}

/** anna allocated all, ben a part, cleo nothing: she has money and no lines. */
export const supporters: readonly SupporterMonth[] = [
  { userId: 'anna', fundedCents: 1_000, unallocatedCents: 0 },
  { userId: 'ben', fundedCents: 500, unallocatedCents: 300 },
  { userId: 'cleo', fundedCents: 0, unallocatedCents: 200 },
];

const writers = [
  { userId: 'wanda', grossCents: 900, feeCents: 63, netCents: 837 },
  { userId: 'will', grossCents: 600, feeCents: 42, netCents: 558 },
];

/** A chunk as allocations freezes it: a line for each supporter who funded anything. */
export function chunkOf(chunk: number, of: readonly SupporterMonth[]): LockedChunk {
  const sum = (pick: (supporter: SupporterMonth) => number) => cents(of.reduce((total, each) => total + pick(each), 0));
  const lines = of.filter(({ fundedCents }) => fundedCents > 0);
  return {
    part: 'chunk',
    run,
    chunk,
    currency: 'usd',
    totals: {
      supporters: of.length,
      lines: lines.length,
      paidCents: sum(({ fundedCents, unallocatedCents }) => fundedCents + unallocatedCents),
      fundedCents: sum(({ fundedCents }) => fundedCents),
      unallocatedCents: sum(({ unallocatedCents }) => unallocatedCents),
      unfundedCents: cents(0),
    },
    supporters: {
      userIds: of.map(({ userId }) => UserIdSchema.parse(userId)),
      paidCents: of.map(({ fundedCents, unallocatedCents }) => cents(fundedCents + unallocatedCents)),
      fundedCents: of.map(({ fundedCents }) => cents(fundedCents)),
      unallocatedCents: of.map(({ unallocatedCents }) => cents(unallocatedCents)),
      invoiceIds: of.map(() => []),
      lineCounts: of.map(({ fundedCents }) => (fundedCents > 0 ? 1 : 0)),
    },
    lines: {
      resourceTypes: lines.map(() => 'page' as const),
      resourceIds: lines.map(({ userId }) => `page-${userId}`),
      recipientUserIds: lines.map(() => UserIdSchema.parse('wanda')),
      usdCents: lines.map(({ fundedCents }) => cents(fundedCents)),
      fundedCents: lines.map(({ fundedCents }) => cents(fundedCents)),
    },
  };
}

/** The closing message over `supporters` in three chunks. */
export const closing: LockedClosing = {
  part: 'closing',
  run,
  currency: 'usd',
  chunks: 3,
  totals: {
    supporters: 3,
    lines: 2,
    paidCents: cents(2_000),
    fundedCents: cents(1_500),
    unallocatedCents: cents(500),
    unfundedCents: cents(0),
  },
  hash: '00',
};

/** The writers' months and their closing message. */
export const earned: readonly (WriterMonth | EarningsClosing)[] = [
  ...writers.map(
    ({ userId, grossCents, feeCents, netCents }): WriterMonth => ({
      part: 'writer',
      run,
      recipientUserId: UserIdSchema.parse(userId),
      currency: 'usd',
      grossCents: cents(grossCents),
      feeCents: cents(feeCents),
      netCents: cents(netCents),
      lineCount: 1,
    }),
  ),
  {
    part: 'closing',
    run,
    currency: 'usd',
    writers: 2,
    grossCents: cents(1_500),
    feeCents: cents(105),
    netCents: cents(1_395),
    lineCount: 2,
    reversedParts: 0,
  },
];
