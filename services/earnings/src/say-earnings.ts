import {
  type Cents,
  closingKey,
  earningsCalculated,
  type MessageOf,
  monthProgress,
  type Run,
} from '@wewrite/contracts';
import { type Completion, idOfCause } from '@wewrite/service-kit';
import type { Context, Tx } from './db.ts';

type Progress = MessageOf<typeof monthProgress>;

/** A writer's amounts, in cents. */
export interface WriterAmounts {
  readonly grossCents: Cents;
  readonly feeCents: Cents;
  readonly netCents: Cents;
  readonly lineCount: number;
}

/** `earnings.calculated` for writers; a repeated run says the same messages. */
export async function sayWriterMonths(
  { outbox }: Context,
  tx: Tx,
  { run, writers }: { run: Run; writers: readonly (WriterAmounts & { readonly recipientUserId: string })[] },
): Promise<void> {
  const messages = writers.map((writer) => ({
    key: writer.recipientUserId,
    id: idOfCause('earnings.calculated', run.runId, writer.recipientUserId),
    body: earningsCalculated.schema.parse({ part: 'writer', run, currency: 'usd', ...writer }),
  }));
  await outbox.emit(tx, earningsCalculated, messages);
}

/** `earnings.calculated`, the closing message: the sums over all writers of the run, and what was taken back before it. */
export async function sayEarningsClosing(
  { outbox }: Context,
  tx: Tx,
  { completion, reversedParts }: { completion: Completion; reversedParts: number },
): Promise<void> {
  const { run, done } = completion;
  const [writers, lineCount, grossCents, feeCents, netCents] = done;
  const sums = { writers, lineCount, grossCents, feeCents, netCents, reversedParts };
  const body = earningsCalculated.schema.parse({ part: 'closing', run, currency: 'usd', ...sums });
  const id = idOfCause('earnings.calculated', run.runId, 'closing');
  await outbox.emit(tx, earningsCalculated, [{ key: closingKey(run.runId), id, body }]);
}

/** What a rehearsal warns of: supporters whose plans are more than what they paid, and those who paid last month alone. */
export interface UnusualSums {
  readonly overspentSupporters: number;
  readonly lapsedSupporters: number;
}

/** `month.progress` of the step `lines`: lines stored, against those of the closing message. */
export async function sayLinesProgress(
  context: Context,
  tx: Tx,
  {
    completion,
    booksVersion,
    unusual,
  }: { completion: Completion; booksVersion: number | null; unusual: UnusualSums | null },
): Promise<void> {
  const [, , lines = 0, paidCents = 0, fundedCents = 0, unallocatedCents = 0, unfundedCents = 0] = completion.done;
  await sayProgress(context, tx, {
    completion,
    booksVersion,
    step: 'lines',
    done: lines,
    expected: completion.expected?.[2] ?? null,
    sums: { paidCents, fundedCents, unallocatedCents, unfundedCents, ...unusual },
  });
}

/** `month.progress` of the step `earnings`: writers whose month was said. */
export async function sayEarningsProgress(
  context: Context,
  tx: Tx,
  { completion, booksVersion }: { completion: Completion; booksVersion: number | null },
): Promise<void> {
  const [writers = 0, , grossCents = 0, feeCents = 0, netCents = 0] = completion.done;
  await sayProgress(context, tx, {
    completion,
    booksVersion,
    step: 'earnings',
    done: writers,
    expected: completion.expected?.[0] ?? null,
    sums: { grossCents, feeCents, netCents },
  });
}

async function sayProgress(
  { clock, outbox }: Context,
  tx: Tx,
  progress: {
    completion: Completion;
    step: Progress['step'];
    done: number;
    expected: number | null;
    sums: Record<string, number>;
    booksVersion: number | null;
  },
): Promise<void> {
  const { completion, ...rest } = progress;
  const { run, version, isComplete } = completion;
  const body = monthProgress.schema.parse({
    run,
    version,
    state: isComplete ? 'done' : 'running',
    at: clock.now().toISOString(),
    ...rest,
  });
  await outbox.emit(tx, monthProgress, [{ key: run.runId, body }]);
}
