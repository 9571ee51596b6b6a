import { type Run, RunSchema } from '@wewrite/contracts';
import { afterCommit, assert, type Completion, countParts, expectParts, type Loop } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { calculateWriters } from './calculate-writers.ts';
import { assertEarningsAddUp, checkEarnings, checkReversals } from './check-books.ts';
import type { Context, Tx } from './db.ts';
import { countReversedParts, isReversed, spreadWaiting } from './reversals/apply-reversals.ts';
import type { UnfinishedRun } from './run.ts';
import { sayEarningsClosing, sayEarningsProgress, sayWriterMonths, type WriterAmounts } from './say-earnings.ts';

/** How far one transaction goes, so that it ends well within the time-out and memory stays flat. */
export interface StepSizes {
  readonly linesPerStep: number;
  readonly writersPerStep: number;
}

const isUnfinished = sql<boolean>`state in ('indexing', 'calculating', 'announcing', 'reversing')`;
const defaultSizes: StepSizes = { linesPerStep: 1_000_000, writersPerStep: 2_000 };

/**
 * From complete lines to said earnings (C1, C2). Each step is one transaction that ends with the run's new stage or place
 * in it: whatever crashes, the next step goes on from there with the same result.
 */
export function calculationLoop(context: Context, sizes: StepSizes = defaultSizes): Loop {
  return {
    name: 'calculate_earnings',
    pollMs: 1_000,
    due: async () => {
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from run where ${isUnfinished}`.execute(context.database.kysely);
      return rows[0]?.count ?? 0;
    },
    step: async () => {
      await vacuumLines(context);
      return context.database.transaction(async (tx) => {
        const unfinished = await claimRun(tx);
        if (unfinished === null) return false;
        const { run, state, traceparent } = unfinished;
        const attributes = { month: run.month, 'run.id': run.runId };
        await context.telemetry.span({ name: `earnings ${state}`, parent: traceparent, attributes }, () =>
          advance(context, tx, unfinished, sizes),
        );
        return true;
      });
    },
  };
}

/**
 * Makes the lines of the run that is to be indexed known as visible, so that its calculation counts them in the index
 * alone. It cannot be done within a transaction; undone by a crash it costs time only.
 */
async function vacuumLines({ database }: Context): Promise<void> {
  const { rows } = await sql<{ partition: string }>`
    select line_partition_name(run_id) as partition from run where state = 'indexing'
    order by kind, month limit 1`.execute(database.kysely);
  const [row] = rows;
  if (row === undefined) return;
  const client = await database.connect();
  try {
    // One statement, however many lines there are.
    await client.query('set transaction_timeout = 0');
    await client.query(`vacuum ${client.escapeIdentifier(row.partition)}`);
  } finally {
    await client.end();
  }
}

async function advance(context: Context, tx: Tx, unfinished: UnfinishedRun, sizes: StepSizes): Promise<void> {
  switch (unfinished.state) {
    case 'indexing':
      await sql`select index_line_partition(${unfinished.run.runId})`.execute(tx);
      return enter(tx, unfinished.run, { state: 'calculating' });
    case 'calculating':
      return calculate(context, tx, unfinished, sizes);
    case 'announcing':
      return announce(context, tx, unfinished, sizes);
    case 'reversing':
      return reverse(context, tx, unfinished.run);
  }
}

async function calculate(context: Context, tx: Tx, unfinished: UnfinishedRun, sizes: StepSizes): Promise<void> {
  const { run } = unfinished;
  const throughUserId = await calculateWriters(tx, unfinished, sizes.linesPerStep);
  if (throughUserId !== null) return enter(tx, run, { state: 'calculating', afterUserId: throughUserId });
  const sums = await assertEarningsAddUp(tx, run);
  const expected = [sums.writerCount, sums.lineCount, sums.grossCents, sums.feeCents, sums.netCents];
  const completion = await expectParts(tx, { run, series: 'earnings', expected, at: context.clock.now() });
  return goOn(context, tx, { completion, afterUserId: '' });
}

/** Says the months of the next writers. */
async function announce(context: Context, tx: Tx, unfinished: UnfinishedRun, sizes: StepSizes): Promise<void> {
  const { run } = unfinished;
  const writers = await readWriters(tx, unfinished, sizes.writersPerStep);
  const last = writers.at(-1);
  assert(last !== undefined, `run ${run.runId} has no writer left and is not complete`);
  await sayWriterMonths(context, tx, { run, writers });
  const sum = (amount: keyof WriterAmounts) => writers.reduce((total, writer) => total + writer[amount], 0);
  const counts = [writers.length, sum('lineCount'), sum('grossCents'), sum('feeCents'), sum('netCents')];
  const completion = await countParts(tx, { run, series: 'earnings', counts, at: context.clock.now() });
  return goOn(context, tx, { completion, afterUserId: last.recipientUserId });
}

/** With the last writer the next stage begins; before, the next step goes on after `afterUserId`. */
async function goOn(
  context: Context,
  tx: Tx,
  { completion, afterUserId }: { completion: Completion; afterUserId: string },
): Promise<void> {
  const { run } = completion;
  if (completion.justCompleted) return enter(tx, run, { state: 'reversing' });
  await sayEarningsProgress(context, tx, { completion, booksVersion: null });
  return enter(tx, run, { state: 'announcing', afterUserId });
}

/**
 * Spreads what waits for a closed month; when nothing does any more, the closing message is said, which counts it: whoever
 * pays the writers can take it in before (E5).
 */
async function reverse(context: Context, tx: Tx, run: Run): Promise<void> {
  const isClose = run.kind === 'close';
  if (isClose && (await spreadWaiting(context, tx, run, { beforeClosing: true }))) return;
  const series = { run, series: 'earnings', at: context.clock.now() };
  const completion = await countParts(tx, { ...series, counts: [0, 0, 0, 0, 0] });
  const booksVersion = await checkEarnings(context, tx, run);
  if (isClose && (await isReversed(tx, run))) await checkReversals(context, tx, run);
  await sayEarningsClosing(context, tx, { completion, reversedParts: await countReversedParts(tx, run) });
  await sayEarningsProgress(context, tx, { completion, booksVersion });
  afterCommit(tx, () => context.wake('apply_reversals'));
  await enter(tx, run, { state: 'calculated' });
}

/** Takes the oldest month that has work, closes before rehearsals; a run that another replica has in hand is left to it. */
async function claimRun(tx: Tx): Promise<UnfinishedRun | null> {
  const { rows } = await sql<{
    run_id: string;
    month: string;
    kind: string;
    state: UnfinishedRun['state'];
    after_user_id: string;
    fee_basis_points: number;
    traceparent: string | null;
  }>`
    select * from run where ${isUnfinished}
    order by kind, month limit 1 for update skip locked`.execute(tx);
  const [row] = rows;
  if (row === undefined) return null;
  return {
    run: RunSchema.parse({ runId: row.run_id, kind: row.kind, month: row.month }),
    state: row.state,
    afterUserId: row.after_user_id,
    feeBasisPoints: row.fee_basis_points,
    traceparent: row.traceparent,
  };
}

/** The run's next stage, from its first writer or after the one that the stage has come to. */
type Stage =
  | { readonly state: 'reversing' | 'calculated' }
  | { readonly state: 'calculating' | 'announcing'; readonly afterUserId?: string };

async function enter(tx: Tx, run: Run, stage: Stage): Promise<void> {
  const afterUserId = 'afterUserId' in stage ? stage.afterUserId : '';
  await sql`
    update run set state = ${stage.state}, after_user_id = ${afterUserId} where run_id = ${run.runId}`.execute(tx);
}

async function readWriters(tx: Tx, { run, afterUserId }: UnfinishedRun, limit: number) {
  const { rows } = await sql<WriterAmounts & { recipientUserId: string }>`
    select recipient_user_id as "recipientUserId", gross_cents as "grossCents", fee_cents as "feeCents",
      net_cents as "netCents", line_count as "lineCount"
    from writer_month where run_id = ${run.runId} and recipient_user_id > ${afterUserId}
    order by recipient_user_id limit ${limit}`.execute(tx);
  return rows;
}
