import {
  compareUtf8,
  type LockedChunk,
  type LockedClosing,
  type MessageOf,
  type monthLocked,
  previousMonth,
  type Run,
} from '@wewrite/contracts';
import {
  activeTraceparent,
  afterCommit,
  assert,
  type Completion,
  countParts,
  expectParts,
  type Received,
  replaceRehearsals,
} from '@wewrite/service-kit';
import { sql } from 'kysely';
import { checkLines } from './check-books.ts';
import type { Context, Tx } from './db.ts';
import { countersOf, type TalliedChunk, tallyChunk } from './locked-chunk.ts';
import { sayLinesProgress, type UnusualSums } from './say-earnings.ts';

// Chunks come in any order, several at a time, and again; each is stored once, and counted until the closing message's
// control totals are reached (C2, B3). Only then the calculation may begin.

type Locked = Received<MessageOf<typeof monthLocked>>;

/** Takes in chunks and closing messages of `month.locked`. */
export async function storeLocked(context: Context, tx: Tx, messages: readonly Locked[]): Promise<void> {
  const runs = Map.groupBy(messages, (message) => message.body.run.runId);
  for (const runId of [...runs.keys()].sort(compareUtf8)) await storeRun(context, tx, runs.get(runId) ?? []);
}

async function storeRun(context: Context, tx: Tx, messages: readonly Locked[]): Promise<void> {
  const run = messages[0]?.body.run;
  if (run === undefined) return;
  if (run.kind === 'rehearsal' && !(await replaceEarlier(tx, run))) return;
  await registerRun(context, tx, run);
  const stored: TalliedChunk[] = [];
  for (const message of chunksOf(messages)) {
    const tallied = tallyChunk(message.body);
    if (await storeChunk(tx, tallied, message)) stored.push(tallied);
  }
  const closing = messages.map((message) => message.body).find((body) => body.part === 'closing');
  const completion = await count(context, tx, { run, stored, closing });
  if (completion === null) return;
  if (completion.isComplete && !completion.justCompleted) {
    assert(stored.length === 0, `run ${run.runId} has a chunk beyond those of its closing message`);
    return;
  }
  const booksVersion = completion.justCompleted ? await completeLines(context, tx, run) : null;
  const unusual = completion.justCompleted && run.kind === 'rehearsal' ? await countUnusual(tx, run) : null;
  await sayLinesProgress(context, tx, { completion, booksVersion, unusual });
  if (completion.justCompleted) afterCommit(tx, () => context.wake('calculate_earnings'));
  else afterCommit(tx, () => tellDifference(context, completion));
}

/** In their order. */
function chunksOf(messages: readonly Locked[]): Received<LockedChunk>[] {
  return messages
    .flatMap((message) => (message.body.part === 'chunk' ? [{ ...message, body: message.body }] : []))
    .sort((a, b) => a.body.chunk - b.body.chunk);
}

/** The rows of rehearsals before this one go; false when this one has been replaced itself. */
async function replaceEarlier(tx: Tx, run: Run): Promise<boolean> {
  if (!(await replaceRehearsals(tx, run))) return false;
  await sql`select drop_rehearsals_before(${run.runId})`.execute(tx);
  return true;
}

/** The first message of a run makes its row and its partition; others wait here until that has committed. */
async function registerRun({ config }: Context, tx: Tx, run: Run): Promise<void> {
  // Every unique index must be allowed to conflict: with one named, two first messages at once could meet on the other.
  const inserted = await sql`
    insert into run (run_id, month, kind, fee_basis_points, traceparent)
    values (${run.runId}, ${run.month}, ${run.kind}, ${config.PLATFORM_FEE_BPS}, ${activeTraceparent()})
    on conflict do nothing`.execute(tx);
  if (inserted.numAffectedRows === 1n) {
    await sql`select create_line_partition(${run.runId})`.execute(tx);
    return;
  }
  const known = await tx.selectFrom('run').select('month').where('run_id', '=', run.runId).executeTakeFirst();
  assert(known?.month === run.month, `B6: ${run.month} is closed by another run than ${run.runId}`);
}

/** False when the chunk is stored already, whatever message brought it. */
async function storeChunk(tx: Tx, tallied: TalliedChunk, message: Received<LockedChunk>): Promise<boolean> {
  const { chunk } = tallied;
  const userIds = chunk.supporters.userIds.toSorted(compareUtf8);
  const invoiceIds = chunk.supporters.userIds.map((userId, index) => [userId, chunk.supporters.invoiceIds[index]]);
  const inserted = await sql`
    insert into chunk (run_id, chunk, line_count, first_user_id, last_user_id, invoice_ids,
      message_id, partition_number, partition_offset, traceparent)
    values (${chunk.run.runId}, ${chunk.chunk}, ${tallied.totals.lines}, ${userIds.at(0) ?? null},
      ${userIds.at(-1) ?? null}, ${JSON.stringify(Object.fromEntries(invoiceIds))},
      ${message.id}, ${message.partition}, ${message.offset.toString()}, ${message.traceparent ?? null})
    on conflict do nothing`.execute(tx);
  if (inserted.numAffectedRows === 0n) return false;
  await insertSupporters(tx, tallied);
  await insertLines(tx, tallied);
  return true;
}

async function insertSupporters(tx: Tx, { chunk, unfundedCents }: TalliedChunk): Promise<void> {
  const { supporters } = chunk;
  await sql`
    insert into supporter_month (run_id, user_id, paid_cents, funded_cents, unallocated_cents, unfunded_cents)
    select ${chunk.run.runId}::uuid, supporter.*
    from unnest(
      ${supporters.userIds}::text[], ${supporters.paidCents}::bigint[], ${supporters.fundedCents}::bigint[],
      ${supporters.unallocatedCents}::bigint[], ${unfundedCents}::bigint[]
    ) as supporter`.execute(tx);
}

async function insertLines(tx: Tx, { chunk, lineUserIds }: TalliedChunk): Promise<void> {
  const { lines } = chunk;
  await sql`
    insert into line
      (run_id, chunk, usd_cents, funded_cents, user_id, recipient_user_id, resource_type, resource_id, position)
    select ${chunk.run.runId}::uuid, ${chunk.chunk}::integer, line.*
    from unnest(
      ${lines.usdCents}::bigint[], ${lines.fundedCents}::bigint[], ${lineUserIds}::text[],
      ${lines.recipientUserIds}::text[], ${lines.resourceTypes}::text[], ${lines.resourceIds}::text[]
    ) with ordinality as line`.execute(tx);
}

/** Counts what is new; null when nothing is. */
async function count(
  { clock }: Context,
  tx: Tx,
  parts: { run: Run; stored: readonly TalliedChunk[]; closing: LockedClosing | undefined },
): Promise<Completion | null> {
  const { run, stored, closing } = parts;
  const series = { run, series: 'lines', at: clock.now() };
  let counted: Completion | null = null;
  if (stored.length > 0) {
    const counters = stored.map((tallied) => countersOf(1, tallied.totals));
    counted = await countParts(tx, { ...series, counts: sumColumns(counters) });
  }
  if (closing === undefined) return counted;
  const expected = countersOf(closing.chunks, closing.totals);
  const closed = await expectParts(tx, { ...series, expected });
  return { ...closed, justCompleted: closed.justCompleted || counted?.justCompleted === true };
}

async function completeLines(context: Context, tx: Tx, run: Run): Promise<number | null> {
  await sql`update run set state = 'indexing' where run_id = ${run.runId} and state = 'collecting'`.execute(tx);
  return checkLines(context, tx, run);
}

async function countUnusual(tx: Tx, run: Run): Promise<UnusualSums> {
  const { rows } = await sql<UnusualSums>`
    select
      (select count(*) from supporter_month where run_id = ${run.runId} and unfunded_cents > 0) as "overspentSupporters",
      (select count(*) from run as last_close
        join supporter_month as before on before.run_id = last_close.run_id
        where last_close.kind = 'close' and last_close.month = ${previousMonth(run.month)} and before.paid_cents > 0
          and not exists (
            select from supporter_month as now
            where now.run_id = ${run.runId} and now.user_id = before.user_id and now.paid_cents > 0)
      ) as "lapsedSupporters"`.execute(tx);
  return rows[0] ?? { overspentSupporters: 0, lapsedSupporters: 0 };
}

/** All chunks are there and yet the sums differ: the run waits, and nobody is to search for the reason. */
function tellDifference({ log }: Context, { run, done, expected, isComplete }: Completion): void {
  if (isComplete || expected === null || (done[0] ?? 0) < (expected[0] ?? 0)) return;
  const [chunks, supporters, lines, paidCents, fundedCents, unallocatedCents, unfundedCents] = done.map(
    (value, index) => value - (expected[index] ?? 0),
  );
  const difference = { chunks, supporters, lines, paidCents, fundedCents, unallocatedCents, unfundedCents };
  log.error({ ...run, difference }, 'the locked lines are not what the closing message says: the month waits');
}

function sumColumns(rows: readonly (readonly number[])[]): number[] {
  const [first = [], ...others] = rows;
  return first.map((value, column) => others.reduce((sum, row) => sum + (row[column] ?? 0), value));
}
