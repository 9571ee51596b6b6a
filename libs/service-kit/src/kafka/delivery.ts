import type { BatchOutcome, IncomingRecord, Subscription } from './broker.ts';

/** How many partitions one member of a group works on at the same time; each may hold a database connection. */
export const partitionsAtOnce = 4;

/** The wait after a batch handler threw, which cannot say itself when it wants its records again. */
const retryAfterThrowMs = 250;

/**
 * Hands records to a batch handler and answers with what it said. A throw counts as nothing done, and so does a count
 * that is no part of the batch: committing it would lose records.
 */
export async function handOver(
  onBatch: Subscription['onBatch'],
  records: readonly IncomingRecord[],
  onThrow: (error: unknown) => void,
): Promise<BatchOutcome> {
  try {
    const outcome = await onBatch(records);
    const { doneCount } = outcome;
    if (!Number.isInteger(doneCount) || doneCount < 0 || doneCount > records.length) {
      throw new RangeError(
        `a batch handler was given ${records.length} records and answered that ${doneCount} are done`,
      );
    }
    return outcome;
  } catch (error) {
    onThrow(error);
    return { doneCount: 0, retryAfterMs: retryAfterThrowMs };
  }
}
