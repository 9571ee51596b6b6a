// B3, B4: the month's lock takes each supporter's paid budget: the funded part for writers, the rest for the platform. Two
// keyed transfers a supporter, chunk by chunk, in any order.
import { cutoffOf, type LockedTotals, type MessageOf, type monthLocked, type Run, zeroCents } from '@wewrite/contracts';
import { type NewTransfer, postTransfers } from '@wewrite/ledger';
import { afterCommit, assert, type Completion, countParts, expectParts, type Received } from '@wewrite/service-kit';
import { allocated, chart, supporterFunds } from '../books/chart.ts';
import { transferOf } from '../books/transfer.ts';
import type { BillingContext, BillingTransaction } from '../context.ts';
import { checkBooks } from './check-books.ts';
import { lockBooks, lockCounters, lockCountsOf } from './counters.ts';
import { sayProgress } from './say-progress.ts';

type Message = Received<MessageOf<typeof monthLocked>>;

export async function postLockedFunds(
  tx: BillingTransaction,
  context: BillingContext,
  messages: readonly Message[],
): Promise<void> {
  await postTransfers(tx, chart, messages.flatMap(transfersOf), context.clock.now());
  const runs = new Map(messages.map(({ body }) => [body.run.runId, body.run]));
  for (const run of runs.values()) {
    const bodies = messages.flatMap(({ body }) => (body.run.runId === run.runId ? [body] : []));
    await conclude(tx, context, await countLocked(tx, context, run, bodies));
  }
}

function transfersOf({ id, body }: Message): NewTransfer[] {
  if (body.part === 'closing') return [];
  const { run, supporters } = body;
  const { month } = run;
  const occurredAt = cutoffOf(month);
  return supporters.userIds.flatMap((userId, index) => {
    const paidCents = supporters.paidCents[index] ?? zeroCents;
    const fundedCents = supporters.fundedCents[index] ?? zeroCents;
    const unallocatedCents = supporters.unallocatedCents[index] ?? zeroCents;
    assert(paidCents === fundedCents + unallocatedCents, `B3: funds of ${userId} in chunk ${body.chunk} do not add up`);
    const common = { month, debit: supporterFunds(userId, month), occurredAt, causeEventId: id, runKind: run.kind };
    return [
      transferOf({
        ...common,
        key: `allocation_locked:${month}:${userId}`,
        kind: 'allocation_locked',
        credit: allocated(month),
        amountCents: fundedCents,
      }),
      transferOf({
        ...common,
        key: `unallocated_funds:${month}:${userId}`,
        kind: 'unallocated_funds',
        credit: 'platform_revenue:unallocated',
        amountCents: unallocatedCents,
      }),
    ].filter(({ amountCents }) => amountCents > 0);
  });
}

/** Counts the chunks of a run and takes in its closing message, which may come in any order. */
export async function countLocked(
  tx: BillingTransaction,
  { clock }: BillingContext,
  run: Run,
  bodies: readonly Message['body'][],
): Promise<Completion> {
  const at = clock.now();
  const chunks = bodies.filter((body) => body.part === 'chunk');
  const sum = (pick: (totals: LockedTotals) => number) => chunks.reduce((total, { totals }) => total + pick(totals), 0);
  const counts = lockCounters({
    chunks: chunks.length,
    supporters: sum((totals) => totals.supporters),
    lines: sum((totals) => totals.lines),
    paidCents: sum((totals) => totals.paidCents),
    fundedCents: sum((totals) => totals.fundedCents),
    unallocatedCents: sum((totals) => totals.unallocatedCents),
  });
  const counted = await countParts(tx, { run, series: lockBooks, counts, at });
  const closing = bodies.find((body) => body.part === 'closing');
  if (closing === undefined) return counted;
  const expected = lockCounters({ ...closing.totals, chunks: closing.chunks });
  return expectParts(tx, { run, series: lockBooks, expected, at });
}

async function conclude(tx: BillingTransaction, context: BillingContext, completion: Completion): Promise<void> {
  const { run, done, expected, version, isComplete } = completion;
  const booksVersion = completion.justCompleted ? await checkBooks(tx, context, { run, stage: 'lock_books' }) : null;
  const { supporters, paidCents, fundedCents, unallocatedCents } = lockCountsOf(done);
  await sayProgress(tx, context, {
    run,
    step: 'lock_books',
    expected: expected === null ? null : lockCountsOf(expected).supporters,
    done: supporters,
    sums: { paidCents, fundedCents, unallocatedCents },
    state: isComplete ? 'done' : 'running',
    version,
    booksVersion,
  });
  // Writers' earnings may have waited for this.
  if (completion.justCompleted) afterCommit(tx, () => context.wake('earnings_books'));
}
