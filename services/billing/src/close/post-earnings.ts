// C1: what was allocated becomes the platform's fee and the writers' earnings, one writer and month at a time, once the funds
// of the run's supporters are all posted; so `allocated:{month}` never goes below 0. When all are, escrow is to be funded.
import { cents, cutoffOf, earningsCalculated, type Run, RunSchema } from '@wewrite/contracts';
import { type NewTransfer, postTransfers } from '@wewrite/ledger';
import { activeTraceparent, afterCommit, assert, type Completion, countParts, type Loop } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { allocated, chart } from '../books/chart.ts';
import { transferOf } from '../books/transfer.ts';
import type { BillingContext, BillingTransaction } from '../context.ts';
import { checkBooks } from './check-books.ts';
import { earningsBooks, earningsCounters, earningsCountsOf, lockBooks } from './counters.ts';
import { sayProgress } from './say-progress.ts';
import { countTakenIn } from './taken-in.ts';

const batchWriters = 2_000;

interface WaitingEarning {
  readonly recipient_user_id: string;
  readonly gross_cents: number;
  readonly fee_cents: number;
  readonly net_cents: number;
  readonly line_count: number;
  readonly cause_event_id: string;
}

export function postEarnings(context: BillingContext): Loop {
  return {
    name: 'earnings_books',
    pollMs: 1_000,
    due: async () => {
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from earning_waiting
         where run_id in (select run_id from completion where series = ${lockBooks} and state = 'complete')`.execute(
        context.database.kysely,
      );
      return rows[0]?.count ?? 0;
    },
    step: async () => {
      const next = await nextRun(context);
      if (next === null) return false;
      const { run, traceparent } = next;
      // In the trace of the close that brought them.
      return context.telemetry.span({ name: 'post earnings', parent: traceparent }, () =>
        context.database.transaction((tx) => postBatch(tx, context, run)),
      );
    },
  };
}

/** Says how far the step is; whoever completes it asks for escrow to be funded. */
export async function concludeEarnings(
  tx: BillingTransaction,
  context: BillingContext,
  completion: Completion,
): Promise<void> {
  const { run, done, expected, version, isComplete, justCompleted } = completion;
  const booksVersion = justCompleted ? await checkBooks(tx, context, { run, stage: 'earnings_books' }) : null;
  const { writers, grossCents, feeCents, netCents } = earningsCountsOf(done);
  await sayProgress(tx, context, {
    run,
    step: 'earnings_books',
    expected: expected === null ? null : earningsCountsOf(expected).writers,
    done: writers,
    sums: { grossCents, feeCents, netCents },
    state: isComplete ? 'done' : 'running',
    version,
    booksVersion,
  });
  if (justCompleted) await requestEscrow(tx, context, run);
}

async function requestEscrow(tx: BillingTransaction, context: BillingContext, run: Run): Promise<void> {
  await tx
    .insertInto('escrow_move')
    .values({
      run_id: run.runId,
      month: run.month,
      state: 'pending',
      requested_at: context.clock.now(),
      completed_at: null,
      traceparent: activeTraceparent(),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  afterCommit(tx, () => context.wake('escrow'));
}

async function postBatch(tx: BillingTransaction, context: BillingContext, run: Run): Promise<boolean> {
  const writers = await takeWriters(tx, run);
  if (writers.length === 0) return false;
  const now = context.clock.now();
  const transfers = writers.flatMap((writer) => transfersOf(writer, run));
  await postTransfers(tx, chart, transfers, now);
  const sum = (pick: (writer: WaitingEarning) => number) =>
    cents(writers.reduce((total, each) => total + pick(each), 0));
  const counts = earningsCounters({
    writers: writers.length,
    lines: sum((writer) => writer.line_count),
    grossCents: sum((writer) => writer.gross_cents),
    feeCents: sum((writer) => writer.fee_cents),
    netCents: sum((writer) => writer.net_cents),
  });
  await countTakenIn(tx, earningsCalculated, writers.length);
  await concludeEarnings(tx, context, await countParts(tx, { run, series: earningsBooks, counts, at: now }));
  return true;
}

/** A run whose supporters' funds are posted and that has writers waiting. */
async function nextRun({ database }: BillingContext): Promise<{ run: Run; traceparent: string | null } | null> {
  const { rows } = await sql<{ runId: string; kind: string; month: string; traceparent: string | null }>`
    select run_id as "runId", kind, month, traceparent from completion
     where series = ${lockBooks} and state = 'complete'
       and exists (select from earning_waiting where earning_waiting.run_id = completion.run_id)
     order by month limit 1`.execute(database.kysely);
  const [row] = rows;
  return row === undefined ? null : { run: RunSchema.parse(row), traceparent: row.traceparent };
}

/** Takes the rows away: what they say is posted in the same transaction. */
async function takeWriters(tx: BillingTransaction, run: Run): Promise<readonly WaitingEarning[]> {
  const { rows } = await sql<WaitingEarning>`
    delete from earning_waiting
     where run_id = ${run.runId} and recipient_user_id in (
       select recipient_user_id from earning_waiting where run_id = ${run.runId}
        order by recipient_user_id limit ${batchWriters} for update skip locked)
    returning recipient_user_id, gross_cents, fee_cents, net_cents, line_count, cause_event_id`.execute(tx);
  return rows;
}

function transfersOf(writer: WaitingEarning, run: Run): NewTransfer[] {
  const { recipient_user_id: userId, gross_cents: gross, fee_cents: fee, net_cents: net } = writer;
  assert(gross === fee + net, `C1: the month of writer ${userId} does not add up`);
  const { month } = run;
  const common = {
    month,
    debit: allocated(month),
    occurredAt: cutoffOf(month),
    causeEventId: writer.cause_event_id,
    runKind: run.kind,
  };
  return [
    transferOf({
      ...common,
      key: `platform_fee:${month}:${userId}`,
      kind: 'platform_fee',
      credit: 'platform_revenue:fees',
      amountCents: cents(fee),
    }),
    transferOf({
      ...common,
      key: `creator_earning:${month}:${userId}`,
      kind: 'creator_earning',
      credit: 'creator_obligations',
      amountCents: cents(net),
    }),
  ].filter(({ amountCents }) => amountCents > 0);
}
