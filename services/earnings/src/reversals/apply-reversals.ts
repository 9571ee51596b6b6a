import { type Cents, cents, type Run, RunSchema, sumCents, zeroCents } from '@wewrite/contracts';
import { assert, type Loop } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { checkReversals } from '../check-books.ts';
import type { Context, Tx } from '../db.ts';
import { linesOfSupporter } from '../find-lines.ts';
import { leftOf } from '../line.ts';
import { type LinePart, type Parts, type Reversal, settledKindOf, spreadReversal, sumParts } from './reversal.ts';
import { type AppliedReversal, writeReversal } from './write-reversal.ts';

const reversalsPerStep = 100;

/**
 * Spreads reversals over the months that they are of (E5), in the order in which they came, once those are calculated; what
 * waits by then is spread as the last stage of that (`calculate-earnings.ts`). One that does not fit to what is left stays,
 * with the reason, in the log and as a difference of the books.
 */
export function reversalLoop(context: Context): Loop {
  return {
    name: 'apply_reversals',
    pollMs: 1_000,
    due: async () => {
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from waiting_reversal join run using (month)
        where refused_because is null and run.kind = 'close' and run.state = 'calculated'`.execute(
        context.database.kysely,
      );
      return rows[0]?.count ?? 0;
    },
    step: () =>
      context.database.transaction(async (tx) => {
        const run = await claimRun(tx);
        if (run === null) return false;
        await spreadWaiting(context, tx, run, { beforeClosing: false });
        // Once for all that have come together: each check reads all reversals of the month.
        if (!(await isWaiting(tx, run))) await checkReversals(context, tx, run);
        return true;
      }),
  };
}

/**
 * Spreads the next of the reversals that wait for the run, whose row the caller has locked; false when none does.
 * `beforeClosing` as in `earnings.reversed`.
 */
export async function spreadWaiting(
  context: Context,
  tx: Tx,
  run: Run,
  { beforeClosing }: { beforeClosing: boolean },
): Promise<boolean> {
  const waiting = await readWaiting(tx, run);
  for (const { traceparent, ...reversal } of waiting) {
    const attributes = { month: run.month, 'reversal.id': reversal.reversalId };
    await context.telemetry.span({ name: 'spread reversal', parent: traceparent, attributes }, () =>
      apply(context, tx, { run, reversal, beforeClosing }),
    );
  }
  return waiting.length > 0;
}

/** Whether anything of the month was taken back, or should be and does not fit. */
export async function isReversed(tx: Tx, { month }: Run): Promise<boolean> {
  const { rows } = await sql`select from reversal where month = ${month} limit 1`.execute(tx);
  return rows.length > 0;
}

/** How many messages `earnings.reversed` of the run are a writer's part. */
export async function countReversedParts(tx: Tx, { runId }: Run): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(distinct (reversal_id, recipient_user_id)) as count from line_reversal where run_id = ${runId}`.execute(
    tx,
  );
  return rows[0]?.count ?? 0;
}

/** Until the transaction ends, nothing else is reversed in the run. */
export async function lockRun(tx: Tx, runId: string): Promise<void> {
  await sql`select from run where run_id = ${runId} for no key update`.execute(tx);
}

async function claimRun(tx: Tx): Promise<Run | null> {
  const { rows } = await sql<object>`
    select run_id as "runId", kind, month from run
    where kind = 'close' and state = 'calculated'
      and month in (select month from waiting_reversal where refused_because is null)
    order by month limit 1 for no key update skip locked`.execute(tx);
  return rows[0] === undefined ? null : RunSchema.parse(rows[0]);
}

async function isWaiting(tx: Tx, { month }: Run): Promise<boolean> {
  const { rows } = await sql`
    select from waiting_reversal where month = ${month} and refused_because is null limit 1`.execute(tx);
  return rows.length > 0;
}

async function readWaiting(
  tx: Tx,
  { month }: Run,
): Promise<readonly (Reversal & { readonly traceparent: string | null })[]> {
  const { rows } = await sql<Reversal & { traceparent: string | null }>`
    select reversal_id as "reversalId", kind, settles, user_id as "userId", reversal.month, amount_cents as "amountCents",
      stripe_id as "stripeId", at, traceparent
    from waiting_reversal join reversal using (reversal_id)
    where waiting_reversal.month = ${month} and refused_because is null
    order by place limit ${reversalsPerStep}`.execute(tx);
  return rows;
}

async function apply(
  context: Context,
  tx: Tx,
  { run, reversal, beforeClosing }: Omit<AppliedReversal, 'parts'>,
): Promise<void> {
  const { reversalId } = reversal;
  const outcome = settledKindOf(reversal) === null ? await spreadAnew(tx, run, reversal) : await settle(tx, reversal);
  if ('refusedBecause' in outcome) {
    const { refusedBecause } = outcome;
    context.log.error(
      { reversalId, month: run.month, refusedBecause },
      'a reversal does not fit: it has to be looked at',
    );
    await sql`
      update waiting_reversal set refused_because = ${refusedBecause} where reversal_id = ${reversalId}`.execute(tx);
    return;
  }
  await writeReversal(context, tx, { run, reversal, parts: outcome, beforeClosing });
  await sql`delete from waiting_reversal where reversal_id = ${reversalId}`.execute(tx);
}

interface Refused {
  readonly refusedBecause: string;
}

async function spreadAnew(tx: Tx, run: Run, reversal: Reversal): Promise<Parts | Refused> {
  const left = await readLeft(tx, run, reversal);
  const leftCents = sumCents([...left.lines.map((line) => leftOf(line).grossCents), left.unallocatedCents]);
  const spreadCents = cents(Math.min(reversal.amountCents, leftCents));
  const suspenseCents = cents(reversal.amountCents - spreadCents);
  if (suspenseCents > 0 && suspenseCents > (await takenByOperators(tx, run, reversal))) {
    return { refusedBecause: `${leftCents} ¢ are left of what was paid` };
  }
  return { ...spreadReversal(spreadCents, left), suspenseCents };
}

/**
 * What operators took of a supporter's month that no refund or dispute has come upon yet. Stripe had made those before it
 * could hear of an operator's reversal: they cross it, and what is missing lies in suspense.
 */
async function takenByOperators(tx: Tx, { runId }: Run, { kind, userId }: Reversal): Promise<number> {
  if (kind === 'operator') return 0;
  const { rows } = await sql<{ takenCents: number }>`
    select coalesce(sum(case kind when 'operator' then amount_cents else 0 end - suspense_cents), 0)::bigint as "takenCents"
    from applied_reversal join reversal using (reversal_id, user_id)
    where run_id = ${runId} and user_id = ${userId}`.execute(tx);
  return rows[0]?.takenCents ?? 0;
}

/** What the reversal is spread over: a supporter's month; for an operator's the lines of it that were held. */
async function readLeft(tx: Tx, run: Run, { kind, settles, userId }: Reversal) {
  const lines = await linesOfSupporter(tx, { runId: run.runId, userId });
  if (kind !== 'operator') return { lines, unallocatedCents: await unallocatedLeft(tx, run, userId) };
  const { rows } = await sql<{ recipientUserId: string; chunk: number | null; position: number | null }>`
    select recipient_user_id as "recipientUserId", chunk, position from hold where hold_id = ${settles}`.execute(tx);
  const held = lines.filter((line) =>
    rows.some(
      ({ recipientUserId, chunk, position }) =>
        line.recipientUserId === recipientUserId &&
        (chunk === null || (line.chunk === chunk && line.position === position)),
    ),
  );
  return { lines: held, unallocatedCents: zeroCents };
}

/** The parts of what is settled, each whole: nothing of it is rounded again. */
async function settle(tx: Tx, reversal: Reversal): Promise<Parts | Refused> {
  const expectedKind = settledKindOf(reversal);
  const { rows } = await sql<{ kind: string; amountCents: Cents; unallocatedCents: Cents; suspenseCents: Cents }>`
    select kind, amount_cents as "amountCents", taken_cents + disputed_cents as "unallocatedCents",
      suspense_cents as "suspenseCents"
    from applied_reversal join reversal using (reversal_id, user_id)
    where reversal_id = ${reversal.settles} and user_id = ${reversal.userId} and month = ${reversal.month}`.execute(tx);
  const [settled] = rows;
  if (settled?.kind !== expectedKind)
    return { refusedBecause: `what it settles is not a ${expectedKind} of this month` };
  if (settled.amountCents !== reversal.amountCents) {
    return { refusedBecause: `what it settles is of ${settled.amountCents} ¢` };
  }
  const lines = await readParts(tx, reversal.settles);
  const { unallocatedCents, suspenseCents } = settled;
  assert(
    sumParts(lines).grossCents + unallocatedCents + suspenseCents === settled.amountCents,
    'E5: parts add up to what was reversed',
  );
  return { lines, unallocatedCents, suspenseCents };
}

async function readParts(tx: Tx, reversalId: string | null): Promise<readonly LinePart[]> {
  const { rows } = await sql<LinePart>`
    select chunk, position, user_id as "userId", recipient_user_id as "recipientUserId",
      taken_gross_cents + disputed_gross_cents as "grossCents", taken_fee_cents + disputed_fee_cents as "feeCents"
    from line_reversal where reversal_id = ${reversalId} order by chunk, position`.execute(tx);
  return rows;
}

async function unallocatedLeft(tx: Tx, { runId }: Run, userId: string): Promise<Cents> {
  const { rows } = await sql<{ leftCents: Cents }>`
    select unallocated_cents - coalesce((
      select sum(taken_cents + disputed_cents)::bigint from applied_reversal
      where run_id = ${runId} and user_id = ${userId}
    ), 0) as "leftCents"
    from supporter_month where run_id = ${runId} and user_id = ${userId}`.execute(tx);
  return rows[0]?.leftCents ?? cents(0);
}
