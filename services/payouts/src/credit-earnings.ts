import {
  cents,
  type EarningsClosing,
  type earningsCalculated,
  type MessageOf,
  type WriterMonth,
} from '@wewrite/contracts';
import { afterCommit, type Completion, countParts, expectParts, type Received } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { lockBalancesForCredits } from './adjustments/read-books.ts';
import { settleDebts } from './adjustments/settle-debts.ts';
import { writeBooks } from './adjustments/write-books.ts';
import { checkBooks } from './check-books.ts';
import { type Context, loopNames } from './context.ts';
import type { Schema } from './db.ts';
import { completeEarnings, creditSeries, earlyReversalSeries, openMonth } from './payout-month.ts';
import { sayProgress } from './progress.ts';
import { creatorEarning } from './sub-ledger.ts';

type Message = Received<MessageOf<typeof earningsCalculated>>;

/**
 * Writers' net earnings become payable: one posting a writer and month. When all writers of the closing message are
 * credited, and what was taken back of them before that message was said is taken, the month can be judged.
 */
export async function creditEarnings(
  context: Context,
  tx: Transaction<Schema>,
  messages: readonly Message[],
): Promise<void> {
  const runIds = new Set(messages.map(({ body }) => body.run.runId));
  for (const runId of [...runIds].sort()) {
    const ofRun = messages.filter(({ body }) => body.run.runId === runId);
    await creditRun(context, tx, ofRun);
  }
}

async function creditRun(context: Context, tx: Transaction<Schema>, messages: readonly Message[]): Promise<void> {
  const [first] = messages;
  if (first === undefined) return;
  const { run } = first.body;
  const at = context.clock.now();
  const writers = messages.flatMap((message) => (isWriter(message.body) ? [{ id: message.id, ...message.body }] : []));
  const closing = messages.map(({ body }) => body).find((body) => body.part === 'closing');
  await lockBalancesForCredits(tx);
  await openMonth(tx, run, first.traceparent ?? null);
  const isNew = await insertCredits(tx, writers);
  const postings = writers
    .filter((writer) => writer.netCents > 0)
    .map((writer) =>
      creatorEarning({
        runId: run.runId,
        runKind: run.kind,
        month: run.month,
        userId: writer.recipientUserId,
        amountCents: writer.netCents,
        currency: writer.currency,
        occurredAt: at,
        causeEventId: writer.id,
      }),
    );
  const credited = writers.filter((writer) => isNew.has(writer.recipientUserId));
  const byWriter = new Map(
    credited.map((writer) => [writer.recipientUserId, { amountCents: writer.netCents, cause: run.runId }]),
  );
  const settled = await settleDebts(tx, { month: run.month, includesEarlierMonths: false, byWriter });
  await writeBooks(context, tx, settled, postings);
  afterCommit(tx, () => context.wake(loopNames.reversals));
  let completion: Completion | null = null;
  let completes = false;
  if (writers.length > 0) {
    completion = await countParts(tx, { run, series: creditSeries, counts: countersOf(writers), at });
    completes = completion.justCompleted;
  }
  if (closing !== undefined) {
    const expected = [closing.reversedParts];
    if (closing.reversedParts > 0) await expectParts(tx, { run, series: earlyReversalSeries, expected, at });
    completion = await expectParts(tx, { run, series: creditSeries, expected: expectedOf(closing), at });
    completes ||= completion.justCompleted;
  }
  if (completion !== null) await concludeCredits(context, tx, completion, completes);
}

async function concludeCredits(
  context: Context,
  tx: Transaction<Schema>,
  completion: Completion,
  completes: boolean,
): Promise<void> {
  const { run, done, expected, version } = completion;
  const booksVersion = completes ? await checkBooks(context, tx, { run, stage: 'credits' }) : null;
  await sayProgress(context, tx, {
    run,
    step: 'credits',
    version,
    expected: expected?.[0] ?? null,
    done: done[0] ?? 0,
    booksVersion,
    sums: { grossCents: cents(done[1] ?? 0), feeCents: cents(done[2] ?? 0), netCents: cents(done[3] ?? 0) },
  });
  if (completes) await completeEarnings(context, tx, run);
}

/** Gives the writers whose credit was not there yet. */
async function insertCredits(tx: Transaction<Schema>, writers: readonly WriterMonth[]): Promise<ReadonlySet<string>> {
  if (writers.length === 0) return new Set();
  const column = <Value>(pick: (writer: WriterMonth) => Value) => writers.map(pick);
  const { rows } = await sql<{ user_id: string }>`
    insert into writer_credit (run_id, month, user_id, gross_cents, fee_cents, net_cents)
    select * from unnest(
      ${column((writer) => writer.run.runId)}::uuid[], ${column((writer) => writer.run.month)}::text[],
      ${column((writer) => writer.recipientUserId)}::text[], ${column((writer) => writer.grossCents)}::bigint[],
      ${column((writer) => writer.feeCents)}::bigint[], ${column((writer) => writer.netCents)}::bigint[])
    on conflict do nothing
    returning user_id`.execute(tx);
  return new Set(rows.map((row) => row.user_id));
}

/** True for the month of a writer, false for the closing message. */
export function isWriter(body: WriterMonth | EarningsClosing): body is WriterMonth {
  return body.part === 'writer';
}

/** Writers, gross, fee, net. */
export function countersOf(writers: readonly WriterMonth[]): number[] {
  const sum = (pick: (writer: WriterMonth) => number) => writers.reduce((total, writer) => total + pick(writer), 0);
  return [writers.length, sum((w) => w.grossCents), sum((w) => w.feeCents), sum((w) => w.netCents)];
}

/** What the closing message says of the same. */
export function expectedOf(closing: EarningsClosing): number[] {
  return [closing.writers, closing.grossCents, closing.feeCents, closing.netCents];
}
