import type { Run } from '@wewrite/contracts';
import { sql, type Transaction } from 'kysely';
import { activeTraceparent } from './telemetry.ts';

/** A series of messages of one run, e.g. all chunks of a month, counted until they equal the closing message. */
export interface Completion {
  readonly run: Run;
  readonly series: string;
  /** The counters so far, in the order that the series' owner gives them. */
  readonly done: readonly number[];
  /** What the closing message says; null before it came. */
  readonly expected: readonly number[] | null;
  /** Rises with each change: use it as the version of `month.progress`. */
  readonly version: number;
  /** True for exactly one transaction: the one that made the series complete. */
  readonly justCompleted: boolean;
  readonly isComplete: boolean;
}

interface CompletionRow {
  readonly run_id: string;
  readonly series: string;
  readonly month: string;
  readonly kind: string;
  readonly done: readonly (number | string)[];
  readonly expected: readonly (number | string)[] | null;
  readonly state: string;
  readonly version: number;
}

/**
 * Counts parts of a series. Make it the last statement of the message's transaction: the row is locked until the commit,
 * so whoever sees the counters equal is the one that completes the series (exactly once).
 */
export function countParts<Schema>(
  tx: Transaction<Schema>,
  parts: { run: Run; series: string; counts: readonly number[]; at: Date },
): Promise<Completion> {
  return upsert(tx, { ...parts, expected: null });
}

/** Takes in the closing message: closing and parts may come in any order. */
export function expectParts<Schema>(
  tx: Transaction<Schema>,
  closing: { run: Run; series: string; expected: readonly number[]; at: Date },
): Promise<Completion> {
  return upsert(tx, { ...closing, counts: closing.expected.map(() => 0) });
}

/** Until the transaction ends, no other of the service handles rehearsals: one may be replaced while it is being taken in. */
export async function lockRehearsals<Schema>(tx: Transaction<Schema>): Promise<void> {
  await sql`select pg_advisory_xact_lock(7117009, hashtext(current_schema()))`.execute(tx);
}

/**
 * A rehearsal takes the place of those before it: forgets their series. False when a later one has begun here, and
 * nothing of this one counts any more. Run ids of rehearsals are UUIDv7, so that their order is that of time.
 */
export async function replaceRehearsals<Schema>(tx: Transaction<Schema>, { runId }: Run): Promise<boolean> {
  await lockRehearsals(tx);
  const { rows } = await sql<{ replaced: boolean }>`
    select exists (select from completion where kind = 'rehearsal' and run_id > ${runId}) as replaced`.execute(tx);
  if (rows[0]?.replaced === true) return false;
  await sql`delete from completion where kind = 'rehearsal' and run_id < ${runId}`.execute(tx);
  return true;
}

/** The series that wait although their first counter is reached: a difference in the sums, to be alerted. */
export async function mismatchedCompletions<Schema>(
  tx: Transaction<Schema>,
): Promise<readonly { runId: string; series: string; done: readonly number[]; expected: readonly number[] }[]> {
  const { rows } = await sql<CompletionRow>`
    select * from completion where state = 'collecting' and expected is not null and done[1] >= expected[1]`.execute(
    tx,
  );
  return rows.map((row) => ({
    runId: row.run_id,
    series: row.series,
    done: row.done.map(Number),
    expected: (row.expected ?? []).map(Number),
  }));
}

async function upsert<Schema>(
  tx: Transaction<Schema>,
  change: { run: Run; series: string; counts: readonly number[]; expected: readonly number[] | null; at: Date },
): Promise<Completion> {
  const { run, series, counts, expected, at } = change;
  const changed = await sql<CompletionRow>`
    insert into completion as known (run_id, series, month, kind, done, expected, changed_at, traceparent)
    values (${run.runId}, ${series}, ${run.month}, ${run.kind}, ${counts}::bigint[], ${expected}::bigint[], ${at}, ${activeTraceparent()})
    on conflict (run_id, series) do update set
      done = (select array_agg(old.value + new.value order by old.position)
              from unnest(known.done) with ordinality as old (value, position)
              join unnest(excluded.done) with ordinality as new (value, position) using (position)),
      expected = coalesce(known.expected, excluded.expected),
      version = known.version + 1,
      changed_at = excluded.changed_at
    returning *`.execute(tx);
  const completed = await sql`
    update completion set state = 'complete'
    where run_id = ${run.runId} and series = ${series} and state = 'collecting' and done = expected`.execute(tx);
  const row = changed.rows[0];
  if (row === undefined) throw new Error('the upsert of a completion returned no row');
  const justCompleted = completed.numAffectedRows === 1n;
  return {
    run,
    series,
    done: row.done.map(Number),
    expected: row.expected?.map(Number) ?? null,
    version: row.version,
    justCompleted,
    isComplete: justCompleted || row.state === 'complete',
  };
}
