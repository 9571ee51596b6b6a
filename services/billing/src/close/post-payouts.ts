// D1, D3: a payout that was paid leaves storage and is owed no more; the processing fee withheld stays in storage and lowers
// the next funding. A payout that failed changes nothing here: the obligation stays. One that comes back is owed again.
import { cents, type MessageOf, payoutSettled, type Run } from '@wewrite/contracts';
import { type NewTransfer, postTransfers } from '@wewrite/ledger';
import { countParts, type Received } from '@wewrite/service-kit';
import { chart } from '../books/chart.ts';
import { transferOf } from '../books/transfer.ts';
import type { BillingContext, BillingTransaction } from '../context.ts';
import { askForCheck } from './check-due-books.ts';
import { payoutBooks } from './counters.ts';
import { countTakenIn } from './taken-in.ts';

type Message = Received<MessageOf<typeof payoutSettled>>;

export async function postPayouts(
  tx: BillingTransaction,
  context: BillingContext,
  messages: readonly Message[],
): Promise<void> {
  await postTransfers(tx, chart, messages.flatMap(transfersOf), context.clock.now());
  const runs = new Map(messages.map(({ body }) => [body.run.runId, body.run]));
  for (const run of runs.values()) {
    await count(
      tx,
      context,
      run,
      messages.filter(({ body }) => body.run.runId === run.runId),
    );
  }
  await countTakenIn(tx, payoutSettled, messages.length);
  for (const run of runs.values()) await askForCheck(tx, context, { ...run, stage: 'payout_books' });
}

function transfersOf({ id, body }: Message): NewTransfer[] {
  if (body.outcome !== 'paid' && body.outcome !== 'returned') return [];
  const common = {
    month: body.month,
    debit: 'creator_obligations',
    occurredAt: new Date(body.at),
    causeEventId: id,
    stripeId: body.transferId,
    runKind: body.run.kind,
  };
  const paid = [
    transferOf({
      ...common,
      key: `writer_payout:${body.payoutId}`,
      kind: 'writer_payout',
      credit: 'stripe:storage',
      amountCents: cents(body.netCents),
    }),
    transferOf({
      ...common,
      key: `processing_fee:${body.payoutId}`,
      kind: 'processing_fee',
      credit: 'platform_revenue:processing',
      amountCents: cents(body.processingFeeCents),
    }),
  ].filter(({ amountCents }) => amountCents > 0);
  return body.outcome === 'paid' ? paid : paid.map(undone);
}

/** D4: the entry is undone by a new one that names it. */
function undone(entry: NewTransfer): NewTransfer {
  return {
    ...entry,
    idempotencyKey: `payout_returned:${entry.idempotencyKey}`,
    kind: 'payout_returned',
    debit: entry.credit,
    credit: entry.debit,
    corrects: entry.idempotencyKey,
  };
}

/** Counts them; how far the step is, is said with the check of the books. */
async function count(
  tx: BillingTransaction,
  context: BillingContext,
  run: Run,
  messages: readonly Message[],
): Promise<void> {
  const of = (outcome: Message['body']['outcome']) => messages.filter(({ body }) => body.outcome === outcome);
  const total = (some: readonly Message[], pick: (message: Message) => number) =>
    some.reduce((cents, message) => cents + pick(message), 0);
  const sum = (pick: (message: Message) => number) => total(of('paid'), pick) - total(of('returned'), pick);
  // What comes back was counted when it was paid.
  const counts = [
    messages.length - of('returned').length,
    sum(({ body }) => body.netCents),
    sum(({ body }) => body.processingFeeCents),
  ];
  await countParts(tx, { run, series: payoutBooks, counts, at: context.clock.now() });
}
