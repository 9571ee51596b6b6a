// B5: the sub-ledger's equations, said with both of their sides.
import {
  balanceAdjusted,
  booksChecked,
  type Cents,
  cents,
  earningsCalculated,
  equationOf,
  type Month,
  payoutSettled,
  type Run,
} from '@wewrite/contracts';
import { afterCommit, assert, type Loop } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { type Context, loopNames } from './context.ts';
import type { Schema } from './db.ts';
import { creditSeries } from './payout-month.ts';
import { runOf } from './progress.ts';
import { accountOf } from './sub-ledger.ts';

/** Checks the equations and says them; gives the check's version. A later version has seen what an earlier one saw. */
export async function checkBooks(
  context: Context,
  tx: Transaction<Schema>,
  { run, stage }: { run: Run; stage: string },
): Promise<number> {
  const version = await nextBooksVersion(tx);
  const sums = await readSums(tx, run.month);
  const owed = cents(sums.payableCents + sums.inFlightCents + sums.heldCents);
  const { receivableCents } = sums;
  await context.outbox.emit(tx, booksChecked, [
    {
      key: 'payouts',
      body: {
        service: 'payouts',
        version,
        month: run.month,
        runId: run.runId,
        stage,
        at: context.clock.now().toISOString(),
        equations: [
          equationOf('trial balance', sums.trialCents, 0),
          equationOf('payable + in flight + held − receivable = control', owed - receivableCents, sums.controlCents),
          equationOf('held = kept back by holds', sums.heldCents, sums.keptBackCents),
          equationOf('receivable = taken back, not repaid or written off', receivableCents, sums.adjustedCents),
        ],
        sums: {
          creatorObligationsCents: owed,
          creatorReceivablesCents: receivableCents,
          netCents: sums.earnedCents,
        },
        takenIn: {
          [earningsCalculated.name]: sums.credits,
          [payoutSettled.name]: sums.settlements,
          [balanceAdjusted.name]: sums.adjustments,
        },
      },
    },
  ]);
  return version;
}

/** Has the months' books checked soon after the transaction: once for all who ask until then. */
export async function askForCheck(context: Context, tx: Transaction<Schema>, runs: Iterable<Run>): Promise<void> {
  for (const { runId, month } of runs) {
    await sql`
      insert into books_due (run_id, month) values (${runId}, ${month})
      on conflict (run_id) do update set asked = books_due.asked + 1`.execute(tx);
  }
  afterCommit(tx, () => context.wake(loopNames.books));
}

/** As {@link askForCheck}, where balances have moved without a run: the newest month's check states those of all months. */
export async function askForCheckOfBalances(context: Context, tx: Transaction<Schema>): Promise<void> {
  const { rows } = await sql<{ run_id: string; month: string }>`
    select run_id, month from payout_month order by month desc limit 1`.execute(tx);
  await askForCheck(context, tx, rows.map(runOf));
}

/** A check that is quicker than this may be followed by another at once. */
const quickMs = 100;
/** So many times as long as a slower check took the next one waits, so that checks do not take up most of the time… */
const restFactor = 9;
/** …and no longer than this: a check may have been slow because the machine was busy. */
const longestRestMs = 3_000;

/** Checks the books that {@link askForCheck} has asked for. Nobody waits for it who posts meanwhile. */
export function checkDueBooks(context: Context): Loop {
  const { database, time } = context;
  let restsUntilMs = 0;
  return {
    name: loopNames.books,
    pollMs: 1_000,
    due: async () => {
      const { rows } = await sql<{ count: number }>`select count(*) as count from books_due`.execute(database.kysely);
      return rows[0]?.count ?? 0;
    },
    step: async () => {
      const startedMs = time.now().getTime();
      if (startedMs < restsUntilMs) return false;
      const found = await database.transaction((tx) => checkNext(context, tx));
      const endedMs = time.now().getTime();
      const tookMs = endedMs - startedMs;
      restsUntilMs = tookMs < quickMs ? endedMs : endedMs + Math.min(restFactor * tookMs, longestRestMs);
      return found;
    },
  };
}

/** The mark goes when nobody has asked since it was read: whoever did has to see a check that saw the own posting. */
async function checkNext(context: Context, tx: Transaction<Schema>): Promise<boolean> {
  const { rows } = await sql<{ run_id: string; month: string; asked: number }>`
    select run_id, month, asked from books_due order by month limit 1`.execute(tx);
  const [due] = rows;
  if (due === undefined) return false;
  await checkBooks(context, tx, { run: runOf(due), stage: 'reversals' });
  await sql`delete from books_due where run_id = ${due.run_id} and asked = ${due.asked}`.execute(tx);
  return true;
}

async function nextBooksVersion(tx: Transaction<Schema>): Promise<number> {
  const { rows } = await sql<{ version: number }>`
    update books_version set version = version + 1 returning version`.execute(tx);
  const version = rows[0]?.version;
  assert(version !== undefined, 'books_version has its row');
  return version;
}

/** Both sides of each equation. */
type Sums = Readonly<
  Record<
    | 'trialCents'
    | 'payableCents'
    | 'inFlightCents'
    | 'heldCents'
    | 'receivableCents'
    | 'controlCents'
    | 'keptBackCents'
    | 'adjustedCents'
    | 'earnedCents',
    Cents
  >
> & {
  /** How many writers' months were credited, endings of payouts said, adjustments said that moved something. */
  readonly credits: number;
  readonly settlements: number;
  readonly adjustments: number;
};

/**
 * In one statement, so that the sides are of one moment whoever posts meanwhile: the accounts; what holds and open disputes
 * keep back; what writers owe by the adjustments that were said; what was credited for the month, by the postings; and how many
 * messages have moved the balances.
 */
async function readSums(tx: Transaction<Schema>, month: Month): Promise<Sums> {
  const standing = (prefix: string) => sql`
    coalesce(sum(balance_cents) filter (where account_id ^@ ${prefix}), 0)::bigint`;
  const { rows } = await sql<Sums>`
    select coalesce(sum(debited_cents - credited_cents), 0)::bigint as "trialCents",
      ${standing(accountOf.payable(''))} as "payableCents", ${standing(accountOf.inFlight(''))} as "inFlightCents",
      ${standing(accountOf.held(''))} as "heldCents", ${standing(accountOf.receivable(''))} as "receivableCents",
      ${standing(accountOf.control)} as "controlCents",
      (select coalesce(sum(held_cents), 0)::bigint from writer_hold where held_cents > 0) as "keptBackCents",
      (select coalesce(sum(receivable_cents), 0)::bigint from adjustment) as "adjustedCents",
      (
        select coalesce(sum(amount_cents), 0)::bigint from ledger_transfer
        where kind = 'creator_earning' and month = ${month}
      ) as "earnedCents",
      (
        select coalesce(sum(done[1]), 0)::bigint from completion where series = ${creditSeries} and kind = 'close'
      ) as credits,
      (select coalesce(sum(payouts_settled + payouts_returned), 0)::bigint from payout_month) as settlements,
      (
        select count(*) from adjustment where payable_cents <> 0 or receivable_cents <> 0 or held_cents <> '{}'
      ) as adjustments
    from ledger_balance`.execute(tx);
  const [sums] = rows;
  assert(sums !== undefined, 'an aggregate has one row');
  return sums;
}
