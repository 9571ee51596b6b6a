import { cents, type earningsCalculated, type MessageOf, type Run, type WriterMonth } from '@wewrite/contracts';
import {
  afterCommit,
  type Completion,
  countParts,
  expectParts,
  type Received,
  replaceRehearsals,
} from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { type Context, loopNames } from './context.ts';
import { countersOf, expectedOf, isWriter } from './credit-earnings.ts';
import type { Schema } from './db.ts';
import { creditSeries } from './payout-month.ts';
import { sayProgress } from './progress.ts';

type Message = Received<MessageOf<typeof earningsCalculated>>;

/** What writers would earn is kept beside the sub-ledger; when all have come, the rehearsed month can be judged. */
export async function rehearseCredits(
  context: Context,
  tx: Transaction<Schema>,
  messages: readonly Message[],
): Promise<void> {
  const runs = Map.groupBy(messages, ({ body }) => body.run.runId);
  for (const ofRun of runs.values()) {
    const [first] = ofRun;
    if (first === undefined || !(await replaceRehearsals(tx, first.body.run))) continue;
    await replaceRows(tx, first.body.run, first.traceparent ?? null);
    await conclude(context, tx, await count(context, tx, ofRun));
  }
}

async function replaceRows(tx: Transaction<Schema>, run: Run, traceparent: string | null): Promise<void> {
  await sql`delete from rehearsal where run_id < ${run.runId}`.execute(tx);
  await sql`
    insert into rehearsal (run_id, month, traceparent) values (${run.runId}, ${run.month}, ${traceparent})
    on conflict do nothing`.execute(tx);
}

async function count(
  { clock }: Context,
  tx: Transaction<Schema>,
  messages: readonly Message[],
): Promise<Completion | null> {
  const bodies = messages.map(({ body }) => body);
  const writers = bodies.filter(isWriter);
  const closing = bodies.find((body) => body.part === 'closing');
  const run = bodies[0]?.run;
  if (run === undefined) return null;
  await insertCredits(tx, run, writers);
  const series = { run, series: creditSeries, at: clock.now() };
  const counted = await countParts(tx, { ...series, counts: countersOf(writers) });
  return closing === undefined ? counted : expectParts(tx, { ...series, expected: expectedOf(closing) });
}

async function insertCredits(tx: Transaction<Schema>, run: Run, writers: readonly WriterMonth[]): Promise<void> {
  await sql`
    insert into rehearsed_credit (run_id, user_id, net_cents)
    select ${run.runId}::uuid, credit.* from unnest(
      ${writers.map((writer) => writer.recipientUserId)}::text[], ${writers.map((writer) => writer.netCents)}::bigint[]
    ) as credit`.execute(tx);
}

async function conclude(context: Context, tx: Transaction<Schema>, completion: Completion | null): Promise<void> {
  if (completion === null) return;
  const { run, done, expected, version, isComplete } = completion;
  await sayProgress(context, tx, {
    run,
    step: 'credits',
    version,
    expected: expected?.[0] ?? null,
    done: done[0] ?? 0,
    booksVersion: null,
    sums: { grossCents: cents(done[1] ?? 0), feeCents: cents(done[2] ?? 0), netCents: cents(done[3] ?? 0) },
  });
  if (!isComplete) return;
  await sql`
    update rehearsal set state = 'judging' where run_id = ${run.runId} and state = 'collecting'`.execute(tx);
  afterCommit(tx, () => context.wake(loopNames.rehearse));
}
