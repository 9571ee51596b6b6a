// A rehearsal goes through billing's steps of a close without the ledger: what would be posted is counted, the paid budgets
// are compared with billing's own, and whether the balances would cover what would then be owed is told.
import {
  cents,
  type EarningsClosing,
  type earningsCalculated,
  type MessageOf,
  type monthLocked,
} from '@wewrite/contracts';
import { balanceOf } from '@wewrite/ledger';
import {
  assert,
  type Completion,
  countParts,
  expectParts,
  type Received,
  replaceRehearsals,
} from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { BillingContext, BillingTransaction } from '../context.ts';
import { earningsBooks, earningsCounters, earningsCountsOf, lockCountsOf } from './counters.ts';
import { decideEscrow } from './escrow.ts';
import { escrowPosition } from './fund-escrow.ts';
import { countLocked } from './post-locked-funds.ts';
import { sayProgress } from './say-progress.ts';

/** Counts locked chunks; when all have come, tells what billing itself knows as paid, and how often that has changed. */
export async function rehearseLock(
  tx: BillingTransaction,
  context: BillingContext,
  messages: readonly Received<MessageOf<typeof monthLocked>>[],
): Promise<void> {
  for (const bodies of byRun(messages)) {
    const { run } = bodies[0];
    if (!(await replaceRehearsals(tx, run))) continue;
    const { done, expected, version, isComplete } = await countLocked(tx, context, run, bodies);
    const { supporters, paidCents, fundedCents, unallocatedCents } = lockCountsOf(done);
    const known = isComplete ? await knownBudgets(tx, run.month) : {};
    await sayProgress(tx, context, {
      run,
      step: 'lock_books',
      expected: expected === null ? null : lockCountsOf(expected).supporters,
      done: supporters,
      sums: { paidCents, fundedCents, unallocatedCents, ...known },
      state: isComplete ? 'done' : 'running',
      version,
      booksVersion: null,
    });
  }
}

/** Counts writers' months; when all have come, tells whether escrow could be funded. */
export async function rehearseEarnings(
  tx: BillingTransaction,
  context: BillingContext,
  messages: readonly Received<MessageOf<typeof earningsCalculated>>[],
): Promise<void> {
  for (const bodies of byRun(messages)) {
    const { run } = bodies[0];
    if (!(await replaceRehearsals(tx, run))) continue;
    const completion = await countEarnings(tx, context, bodies);
    const { writers, grossCents, feeCents, netCents } = earningsCountsOf(completion.done);
    await sayProgress(tx, context, {
      run,
      step: 'earnings_books',
      expected: completion.expected === null ? null : earningsCountsOf(completion.expected).writers,
      done: writers,
      sums: { grossCents, feeCents, netCents },
      state: completion.isComplete ? 'done' : 'running',
      version: completion.version,
      booksVersion: null,
    });
    if (completion.isComplete) await rehearseEscrow(tx, context, completion);
  }
}

async function countEarnings(
  tx: BillingTransaction,
  { clock }: BillingContext,
  bodies: RunBodies<MessageOf<typeof earningsCalculated>>,
): Promise<Completion> {
  const writers = bodies.filter((body) => body.part === 'writer');
  const sum = (pick: (writer: (typeof writers)[number]) => number) =>
    cents(writers.reduce((total, writer) => total + pick(writer), 0));
  const counts = earningsCounters({
    writers: writers.length,
    lines: sum(({ lineCount }) => lineCount),
    grossCents: sum(({ grossCents }) => grossCents),
    feeCents: sum(({ feeCents }) => feeCents),
    netCents: sum(({ netCents }) => netCents),
  });
  const series = { run: bodies[0].run, series: earningsBooks, at: clock.now() };
  const counted = await countParts(tx, { ...series, counts });
  const closing = bodies.find((body) => body.part === 'closing');
  return closing === undefined ? counted : expectParts(tx, { ...series, expected: expectedOf(closing) });
}

function expectedOf({ writers, lineCount: lines, grossCents, feeCents, netCents }: EarningsClosing): number[] {
  return earningsCounters({ writers, lines, grossCents, feeCents, netCents });
}

/** What would be owed to writers after such a month, and what of it no balance covers. */
async function rehearseEscrow(
  tx: BillingTransaction,
  context: BillingContext,
  { run, done, version }: Completion,
): Promise<void> {
  const position = await escrowPosition(tx);
  const obligationsCents = cents(position.obligationsCents + earningsCountsOf(done).netCents);
  const decision = decideEscrow({ ...position, obligationsCents });
  await sayProgress(tx, context, {
    run,
    step: 'escrow',
    expected: 1,
    done: 1,
    sums: {
      ...position,
      obligationsCents,
      pendingCents: await balanceOf(tx, 'stripe:pending'),
      shortfallCents: decision.action === 'wait' ? decision.shortfallCents : 0,
    },
    state: 'done',
    version,
    booksVersion: null,
  });
}

/** In one statement, so that both are of one moment. Each change of a budget is said, and has raised its version by one. */
async function knownBudgets(tx: BillingTransaction, month: string) {
  const { rows } = await sql<{ knownPaidCents: number; knownBudgetChanges: number }>`
    select coalesce(sum(paid_cents), 0)::bigint as "knownPaidCents",
           coalesce(sum(version), 0)::bigint as "knownBudgetChanges"
      from funding where month = ${month}`.execute(tx);
  const [budgets] = rows;
  assert(budgets !== undefined, 'an aggregate has one row');
  return budgets;
}

type RunBodies<Body> = readonly [Body, ...Body[]];

/** The messages' bodies, those of a run together. */
function byRun<Body extends { readonly run: { readonly runId: string } }>(
  messages: readonly Received<Body>[],
): readonly RunBodies<Body>[] {
  const runs = new Map<string, [Body, ...Body[]]>();
  for (const { body } of messages) {
    const known = runs.get(body.run.runId);
    if (known === undefined) runs.set(body.run.runId, [body]);
    else known.push(body);
  }
  return [...runs.values()];
}
