import {
  booksChecked,
  type CloseStep,
  cents,
  equationOf,
  type MessageOf,
  type Month,
  monthProgress,
  type Run,
  RunSchema,
} from '@wewrite/contracts';
import { balanceOf, sumOfBalances, trialBalance } from '@wewrite/ledger';
import { sql, type Transaction } from 'kysely';
import type { Context } from './context.ts';
import type { PayoutMonthTable, Schema } from './db.ts';
import { accountOf } from './sub-ledger.ts';

type Progress = MessageOf<typeof monthProgress>;

/** The run that a month's row stands for: payouts are made by closes only. */
export function runOf(row: Pick<PayoutMonthTable, 'run_id' | 'month'>): Run {
  return RunSchema.parse({ runId: row.run_id, kind: 'close', month: row.month });
}

/** Says how far a step is; call it under the lock of the run's row, whose `version` it must carry. */
export async function sayProgress(
  context: Context,
  tx: Transaction<Schema>,
  said: { run: Run; step: CloseStep; version: number } & Pick<Progress, 'expected' | 'done' | 'booksVersion'> & {
      sums?: Progress['sums'];
    },
): Promise<void> {
  const { run, step, version, expected, done, booksVersion, sums = {} } = said;
  const state = expected !== null && done === expected ? 'done' : 'running';
  const at = context.clock.now().toISOString();
  const body = { run, step, version, expected, done, booksVersion, sums, state, at } as const;
  await context.outbox.emit(tx, monthProgress, [{ key: run.runId, body }]);
}

/** Checks the sub-ledger's equations and says them; gives the check's version. One check at a time. */
export async function checkBooks(
  context: Context,
  tx: Transaction<Schema>,
  check: { run: Run; stage: string },
): Promise<number> {
  const version = await nextBooksVersion(tx);
  const sum = (prefix: string) => sumOfBalances(tx, { prefix });
  const [payable, inFlight, held] = [await sum('payable:'), await sum('in_flight:'), await sum('held:')];
  const receivable = await sum('receivable:');
  const control = await balanceOf(tx, accountOf.control);
  const owed = cents(payable + inFlight + held);
  const trial = await trialBalance(tx);
  await context.outbox.emit(tx, booksChecked, [
    {
      key: 'payouts',
      body: {
        service: 'payouts',
        version,
        month: check.run.month,
        runId: check.run.runId,
        stage: check.stage,
        at: context.clock.now().toISOString(),
        equations: [
          equationOf('trial balance', trial.differenceCents, 0),
          equationOf('payable + in flight + held − receivable = control', owed - receivable, control),
          equationOf('held = kept back by holds', held, await keptBackCents(tx)),
          equationOf('receivable = taken back, not repaid or written off', receivable, await adjustedCents(tx)),
        ],
        sums: {
          creatorObligationsCents: owed,
          creatorReceivablesCents: receivable,
          netCents: await creditedCents(tx, check.run.month),
        },
      },
    },
  ]);
  return version;
}

async function nextBooksVersion(tx: Transaction<Schema>): Promise<number> {
  const { rows } = await sql<{ version: number }>`
    update books_version set version = version + 1 returning version`.execute(tx);
  const version = rows[0]?.version;
  if (version === undefined) throw new Error('books_version has no row');
  return version;
}

/** What the sub-ledger was credited for a month, from the postings themselves. */
async function creditedCents(tx: Transaction<Schema>, month: Month) {
  const { rows } = await sql<{ net: number }>`
    select coalesce(sum(amount_cents), 0)::bigint as net from ledger_transfer
    where kind = 'creator_earning' and month = ${month}`.execute(tx);
  return cents(rows[0]?.net ?? 0);
}

/** What holds and open disputes keep back. */
async function keptBackCents(tx: Transaction<Schema>): Promise<number> {
  const { rows } = await sql<{ held: number }>`
    select coalesce(sum(held_cents), 0)::bigint as held from writer_hold where held_cents > 0`.execute(tx);
  return rows[0]?.held ?? 0;
}

/** What writers owe, by the adjustments that were said. */
async function adjustedCents(tx: Transaction<Schema>): Promise<number> {
  const { rows } = await sql<{ owed: number }>`
    select coalesce(sum(receivable_cents), 0)::bigint as owed from adjustment`.execute(tx);
  return rows[0]?.owed ?? 0;
}
