import type { Month, Run } from '@wewrite/contracts';
import { sql } from 'kysely';
import type { BillingTransaction } from '../context.ts';

/** The series that billing counts, each with its counters in their order. */
export const lockBooks = 'lock_books';
export const earningsBooks = 'earnings_books';
export const payoutBooks = 'payout_books';

/** Of `lock_books`: chunks, supporters, lines, and the cents that were paid, funded, left unallocated. */
export interface LockCounts {
  readonly chunks: number;
  readonly supporters: number;
  readonly lines: number;
  readonly paidCents: number;
  readonly fundedCents: number;
  readonly unallocatedCents: number;
}

/** Of `earnings_books`: writers, lines, and the cents that they earned. */
export interface EarningsCounts {
  readonly writers: number;
  readonly lines: number;
  readonly grossCents: number;
  readonly feeCents: number;
  readonly netCents: number;
}

export function lockCounters(counts: LockCounts): number[] {
  const { chunks, supporters, lines, paidCents, fundedCents, unallocatedCents } = counts;
  return [chunks, supporters, lines, paidCents, fundedCents, unallocatedCents];
}

export function lockCountsOf(counters: readonly number[]): LockCounts {
  const [chunks = 0, supporters = 0, lines = 0, paidCents = 0, fundedCents = 0, unallocatedCents = 0] = counters;
  return { chunks, supporters, lines, paidCents, fundedCents, unallocatedCents };
}

export function earningsCounters({ writers, lines, grossCents, feeCents, netCents }: EarningsCounts): number[] {
  return [writers, lines, grossCents, feeCents, netCents];
}

export function earningsCountsOf(counters: readonly number[]): EarningsCounts {
  const [writers = 0, lines = 0, grossCents = 0, feeCents = 0, netCents = 0] = counters;
  return { writers, lines, grossCents, feeCents, netCents };
}

/** What was posted so far for a run, counted in the transactions that posted it. */
export async function postedCounts(
  tx: BillingTransaction,
  run: Pick<Run, 'runId'> & { month: Month },
): Promise<{ lock: LockCounts; earnings: EarningsCounts }> {
  const { rows } = await sql<{ series: string; done: readonly (number | string)[] }>`
    select series, done from completion
     where run_id = ${run.runId} and series in (${lockBooks}, ${earningsBooks})`.execute(tx);
  const doneOf = (series: string) => rows.find((row) => row.series === series)?.done.map(Number) ?? [];
  return { lock: lockCountsOf(doneOf(lockBooks)), earnings: earningsCountsOf(doneOf(earningsBooks)) };
}
