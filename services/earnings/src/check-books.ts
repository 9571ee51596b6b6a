import { booksChecked, type Cents, equationOf, type MessageOf, type Run } from '@wewrite/contracts';
import { assert } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context, Tx } from './db.ts';

/** The lines of a run are in: what was paid is funded or unallocated (B3). Says `books.checked`, gives its version. */
export async function checkLines(context: Context, tx: Tx, run: Run): Promise<number | null> {
  const sums = await sumSupporters(tx, run.runId);
  const equations = [
    equationOf('paid = funded + unallocated', sums.paidCents, sums.fundedCents + sums.unallocatedCents),
  ];
  return sayOfRun(context, tx, { run, stage: 'lines', equations, sums: { fundedCents: sums.fundedCents } });
}

/** All months of the run's writers are said: each funded cent is in one of them, as fee or net (C1). As `checkLines`. */
export async function checkEarnings(context: Context, tx: Tx, run: Run): Promise<number | null> {
  const { equations, lines, writers } = await readEarnings(tx, run.runId);
  const { grossCents, feeCents, netCents } = writers;
  const sums = { fundedCents: lines.fundedCents, grossCents, feeCents, netCents };
  return sayOfRun(context, tx, { run, stage: 'earnings', equations, sums });
}

/**
 * What was reversed of a month is of its lines, of what was left unallocated, or in suspense where operators had taken it
 * before, and nothing waits that does not fit (E5).
 * Says `books.checked` of no run: the sums of the close stay what they were.
 */
export async function checkReversals(context: Context, tx: Tx, { runId, month }: Run): Promise<void> {
  const { rows } = await sql<Record<'reversedCents' | 'lineCents' | 'restCents' | 'refusedCents', Cents>>`
    select (
        select coalesce(sum(case
            when kind in ('refund_failed', 'dispute_won') then -amount_cents
            when kind = 'dispute_lost' and settles is not null then 0
            else amount_cents
          end), 0)::bigint
        from applied_reversal join reversal using (reversal_id) where run_id = ${runId}
      ) as "reversedCents",
      (select coalesce(sum(taken_gross_cents + disputed_gross_cents), 0)::bigint
        from line_reversal where run_id = ${runId}) as "lineCents",
      (select coalesce(sum(taken_cents + disputed_cents + suspense_cents), 0)::bigint
        from applied_reversal where run_id = ${runId}) as "restCents",
      (select coalesce(sum(amount_cents), 0)::bigint
        from waiting_reversal join reversal using (reversal_id)
        where waiting_reversal.month = ${month} and refused_because is not null) as "refusedCents"`.execute(tx);
  const { reversedCents, lineCents, restCents, refusedCents } = only(rows);
  const equations = [
    equationOf('reversed = reversed lines + unallocated + suspense', reversedCents, lineCents + restCents),
    equationOf('reversals that do not fit = none', refusedCents, 0),
  ];
  await say(context, tx, { month, runId: null, stage: 'reversals', equations, sums: {} });
}

/** Throws when a line or a cent is missing from the writers' months: nothing of them may be said then. Gives their sums. */
export async function assertEarningsAddUp(tx: Tx, run: Run): Promise<WriterSums> {
  const { equations, lines, writers } = await readEarnings(tx, run.runId);
  for (const { name, differenceCents } of equations) assert(differenceCents === 0, `C2: ${name}: ${differenceCents} ¢`);
  assert(
    lines.lineCount === writers.lineCount,
    `C2: ${lines.lineCount} lines, ${writers.lineCount} in writers' months`,
  );
  return writers;
}

async function readEarnings(tx: Tx, runId: string) {
  const supporters = await sumSupporters(tx, runId);
  const lines = await sumLines(tx, runId);
  const writers = await sumWriters(tx, runId);
  const equations = [
    equationOf('funded parts of budgets = funded lines', supporters.fundedCents, lines.fundedCents),
    equationOf('funded lines = gross of writers', lines.fundedCents, writers.grossCents),
    equationOf('gross of writers = platform fees + net', writers.grossCents, writers.feeCents + writers.netCents),
  ];
  return { equations, lines, writers };
}

/** The sums over a run's writers. */
export interface WriterSums {
  readonly writerCount: number;
  readonly lineCount: number;
  readonly grossCents: Cents;
  readonly feeCents: Cents;
  readonly netCents: Cents;
}

async function sumWriters(tx: Tx, runId: string): Promise<WriterSums> {
  const { rows } = await sql<WriterSums>`
    select count(*) as "writerCount", coalesce(sum(line_count), 0)::bigint as "lineCount",
      coalesce(sum(gross_cents), 0)::bigint as "grossCents", coalesce(sum(fee_cents), 0)::bigint as "feeCents",
      coalesce(sum(net_cents), 0)::bigint as "netCents"
    from writer_month where run_id = ${runId}`.execute(tx);
  return only(rows);
}

interface SupporterSums {
  readonly paidCents: Cents;
  readonly fundedCents: Cents;
  readonly unallocatedCents: Cents;
}

async function sumSupporters(tx: Tx, runId: string): Promise<SupporterSums> {
  const { rows } = await sql<SupporterSums>`
    select coalesce(sum(paid_cents), 0)::bigint as "paidCents", coalesce(sum(funded_cents), 0)::bigint as "fundedCents",
      coalesce(sum(unallocated_cents), 0)::bigint as "unallocatedCents"
    from supporter_month where run_id = ${runId}`.execute(tx);
  return only(rows);
}

async function sumLines(tx: Tx, runId: string): Promise<{ fundedCents: Cents; lineCount: number }> {
  const { rows } = await sql<{ fundedCents: Cents; lineCount: number }>`
    select coalesce(sum(funded_cents), 0)::bigint as "fundedCents", count(*) as "lineCount"
    from line where run_id = ${runId}`.execute(tx);
  return only(rows);
}

/** A rehearsal is of no books: its steps' sums are compared instead, and null is given. */
async function sayOfRun(
  context: Context,
  tx: Tx,
  { run, ...check }: Pick<Check, 'stage' | 'equations' | 'sums'> & { run: Run },
): Promise<number | null> {
  if (run.kind === 'rehearsal') return null;
  return say(context, tx, { month: run.month, runId: run.runId, ...check });
}

type Check = Pick<MessageOf<typeof booksChecked>, 'month' | 'runId' | 'stage' | 'equations'> & {
  readonly sums: Record<string, Cents>;
};

async function say({ clock, outbox }: Context, tx: Tx, check: Check): Promise<number> {
  // The row's lock puts checks in order: a higher version has seen what a lower one saw.
  const { rows } = await sql<{ version: number }>`update books set version = version + 1 returning version`.execute(tx);
  const { version } = only(rows);
  const body = { service: 'earnings', version, at: clock.now().toISOString(), takenIn: {}, ...check } as const;
  await outbox.emit(tx, booksChecked, [{ key: 'earnings', body }]);
  return version;
}

function only<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  assert(row !== undefined && rows.length === 1, `one row was expected, ${rows.length} came`);
  return row;
}
