import { type CloseStep, cents, type MessageOf, monthProgress, type Run } from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import type { BillingContext, BillingTransaction } from '../context.ts';

/** How far a step of billing's is; counts and sums are cumulative. */
export interface Progress {
  readonly run: Run;
  readonly step: Extract<CloseStep, 'lock_books' | 'earnings_books' | 'escrow' | 'payout_books'>;
  readonly expected: number | null;
  readonly done: number;
  readonly sums: Readonly<Record<string, number>>;
  readonly state: MessageOf<typeof monthProgress>['state'];
  readonly version: number;
  /** The check of the books that shows this state. */
  readonly booksVersion: number | null;
}

/** Says how far a step is, in the transaction that brought it there. */
export async function sayProgress(
  tx: BillingTransaction,
  { outbox, clock }: Pick<BillingContext, 'outbox' | 'clock'>,
  progress: Progress,
): Promise<void> {
  const { run, step, version } = progress;
  const sums = Object.fromEntries(Object.entries(progress.sums).map(([name, value]) => [name, cents(value)]));
  await outbox.emit(tx, monthProgress, [
    {
      key: run.runId,
      id: idOfCause('month.progress', run.runId, step, version),
      body: { ...progress, sums, at: clock.now().toISOString() },
    },
  ]);
}
