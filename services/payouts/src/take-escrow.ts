import type { escrowFunded, MessageOf } from '@wewrite/contracts';
import { afterCommit, type Received } from '@wewrite/service-kit';
import type { Transaction } from 'kysely';
import { type Context, loopNames } from './context.ts';
import type { Schema } from './db.ts';
import { openMonth } from './payout-month.ts';

/** The month's obligations are covered: its payouts may be requested once its earnings are credited, too. */
export async function takeEscrow(
  context: Context,
  tx: Transaction<Schema>,
  messages: readonly Received<MessageOf<typeof escrowFunded>>[],
): Promise<void> {
  for (const { body, traceparent } of messages) {
    await openMonth(tx, body.run, traceparent ?? null);
    await tx.updateTable('payout_month').set({ escrow_funded: true }).where('run_id', '=', body.run.runId).execute();
  }
  afterCommit(tx, () => context.wake(loopNames.judge));
}
