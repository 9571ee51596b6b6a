import { type CloseStep, type MessageOf, monthProgress, type Run, RunSchema } from '@wewrite/contracts';
import type { Transaction } from 'kysely';
import type { Context } from './context.ts';
import type { PayoutMonthTable, Schema } from './db.ts';

type Progress = MessageOf<typeof monthProgress>;

/** The run that a month's row stands for: payouts are made by closes only. */
export function runOf(row: Pick<PayoutMonthTable, 'run_id' | 'month'>): Run {
  return RunSchema.parse({ runId: row.run_id, kind: 'close', month: row.month });
}

/** Says how far a step is; call it under the lock of the run's row, whose `version` it must carry. */
export async function sayProgress(
  context: Context,
  tx: Transaction<Schema>,
  said: { run: Run; step: CloseStep; version: number } & Pick<Progress, 'expected' | 'done' | 'booksVersion'> & {
      sums?: Progress['sums'];
    },
): Promise<void> {
  const { run, step, version, expected, done, booksVersion, sums = {} } = said;
  const state = expected !== null && done === expected ? 'done' : 'running';
  const at = context.clock.now().toISOString();
  const body = { run, step, version, expected, done, booksVersion, sums, state, at } as const;
  await context.outbox.emit(tx, monthProgress, [{ key: run.runId, body }]);
}
