import type { MessageOf, monthProgress } from '@wewrite/contracts';
import { type Received, traceIdOf } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type { Context, Schema } from './db.ts';
import { judgeRun } from './judge-run.ts';
import { replaceRehearsals } from './replace-rehearsals.ts';

type Progress = MessageOf<typeof monthProgress>;

/** Keeps the newest state of each step (B5), then judges the runs that moved. */
export async function takeProgress(
  context: Context,
  tx: Transaction<Schema>,
  messages: readonly Received<Progress>[],
): Promise<void> {
  const at = context.time.now();
  const runs = new Set<string>();
  for (const message of messages) {
    const { run } = message.body;
    if (!(await replaceRehearsals(tx, run))) continue;
    await insertRun(tx, message, at);
    await upsertStep(tx, message.body, at);
    runs.add(run.runId);
  }
  for (const runId of [...runs].sort()) await judgeRun(context, tx, runId);
}

async function insertRun(tx: Transaction<Schema>, message: Received<Progress>, at: Date): Promise<void> {
  const { run } = message.body;
  const traceId = message.traceparent === undefined ? null : traceIdOf(message.traceparent);
  await sql`
    insert into month_run (run_id, month, kind, trace_id, changed_at)
    values (${run.runId}, ${run.month}, ${run.kind}, ${traceId}, ${at})
    on conflict (run_id) do update set trace_id = coalesce(month_run.trace_id, excluded.trace_id)`.execute(tx);
}

async function upsertStep(tx: Transaction<Schema>, progress: Progress, at: Date): Promise<void> {
  const { run, step, expected, done, sums, state, version, booksVersion } = progress;
  await sql`
    insert into step_progress as known (run_id, step, expected, done, sums, state, version, books_version, started_at, changed_at)
    values (${run.runId}, ${step}, ${expected}, ${done}, ${JSON.stringify(sums)}, ${state}, ${version}, ${booksVersion}, ${at}, ${at})
    on conflict (run_id, step) do update set
      expected = excluded.expected, done = excluded.done, sums = excluded.sums, state = excluded.state,
      version = excluded.version, books_version = excluded.books_version, changed_at = excluded.changed_at
    where known.version < excluded.version`.execute(tx);
}
