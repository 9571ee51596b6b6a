// B3, B5: after each stage of a close the books are checked, and each equation is said with both of its sides.
import { booksChecked, cents, type Equation, equationOf, type Run } from '@wewrite/contracts';
import { trialBalance } from '@wewrite/ledger';
import { idOfCause } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { allocated } from '../books/chart.ts';
import type { BillingContext, BillingTransaction } from '../context.ts';
import { type EarningsCounts, type LockCounts, postedCounts } from './counters.ts';
import { readWritersBalances } from './taken-in.ts';

/** What happened when the books were checked. */
export type Stage = 'lock_books' | 'earnings_books' | 'escrow' | 'payout_books' | 'reversal_books';

/**
 * Checks the books as they stand in this transaction and says the result; gives back its version. Checks come one after
 * another: each sees what those before it have posted. Make it the last thing but `sayProgress`.
 */
export async function checkBooks(
  tx: BillingTransaction,
  context: Pick<BillingContext, 'outbox' | 'clock'>,
  { run, stage }: { run: Run; stage: Stage },
): Promise<number> {
  const { version } = await tx
    .updateTable('books_version')
    .set(({ eb }) => ({ version: eb('version', '+', 1) }))
    .returning('version')
    .executeTakeFirstOrThrow();
  const { lock, earnings } = await postedCounts(tx, run);
  const equations = [
    await trialEquation(tx),
    ...(await monthEquations(tx, run, { lock, earnings }, stage)),
    ...(stage === 'lock_books' ? await supporterEquations(tx, run, lock) : []),
  ];
  const { obligationsCents, receivablesCents, takenIn } = await readWritersBalances(tx);
  await context.outbox.emit(tx, booksChecked, [
    {
      key: 'billing',
      id: idOfCause('books.checked', 'billing', version),
      body: {
        service: 'billing',
        version,
        month: run.month,
        runId: run.runId,
        stage,
        at: context.clock.now().toISOString(),
        equations,
        sums: {
          creatorObligationsCents: cents(obligationsCents),
          creatorReceivablesCents: cents(receivablesCents),
          paidCents: cents(lock.paidCents),
          fundedCents: cents(lock.fundedCents),
          unallocatedCents: cents(lock.unallocatedCents),
          grossCents: cents(earnings.grossCents),
          feeCents: cents(earnings.feeCents),
          netCents: cents(earnings.netCents),
        },
        takenIn,
      },
    },
  ]);
  return version;
}

async function trialEquation(tx: BillingTransaction): Promise<Equation> {
  const trial = await trialBalance(tx);
  const sum = (pick: (type: (typeof trial.types)[number]) => number) =>
    trial.types.reduce((total, type) => total + pick(type), 0);
  return equationOf(
    'trial balance: debits = credits',
    sum(({ debitCents }) => debitCents),
    sum(({ creditCents }) => creditCents),
  );
}

/** The account of the month's allocated money against what the close's messages said. */
async function monthEquations(
  tx: BillingTransaction,
  run: Run,
  { lock, earnings }: { lock: LockCounts; earnings: EarningsCounts },
  stage: Stage,
): Promise<Equation[]> {
  const { rows } = await sql<{ debitCents: number; creditCents: number }>`
    select debited_cents as "debitCents", credited_cents as "creditCents"
      from ledger_balance where account_id = ${allocated(run.month)}`.execute(tx);
  const { debitCents, creditCents } = rows[0] ?? { debitCents: 0, creditCents: 0 };
  return [
    equationOf('paid = funded + unallocated', lock.paidCents, lock.fundedCents + lock.unallocatedCents),
    equationOf('allocated in the ledger = funded lines', creditCents, lock.fundedCents),
    equationOf('earned in the ledger = fees + net of writer months', debitCents, earnings.feeCents + earnings.netCents),
    equationOf('gross = fees + net', earnings.grossCents, earnings.feeCents + earnings.netCents),
    ...(stage === 'lock_books'
      ? []
      : [equationOf('allocated of the month is given to writers', creditCents - debitCents, 0)]),
  ];
}

/**
 * After the lock, supporters' funds of the month are all taken, but for what is in dispute since before the cutoff, and they
 * were what funding closed with (B7). What failed to be refunded, and what was won for another month, is among the credits.
 */
async function supporterEquations(tx: BillingTransaction, run: Run, lock: LockCounts): Promise<Equation[]> {
  const { rows } = await sql<SupporterSums>`
    select coalesce(sum(credited_cents - debited_cents), 0)::bigint as "balanceCents",
           coalesce(sum(credited_cents), 0)::bigint as "creditCents",
           coalesce((select paid_cents from funding_close where month = ${run.month}), 0)::bigint as "closedCents",
           (select coalesce(sum(budget_cents) filter (
                     where kind in ('refund', 'dispute_opened') or (kind = 'dispute_won' and month = budget_month)), 0)::bigint
              from reversal where budget_month = ${run.month}) as "budgetCents",
           (select coalesce(sum(amount_cents), 0)::bigint
              from reversal
             where month = ${run.month} and kind = 'dispute_opened' and budget_month is not null
               and not exists (select from reversal as settling where settling.settles = reversal.id)) as "openCents"
      from ledger_account
     where id ^@ 'supporter_funds:' and right(id, 7) = ${run.month}`.execute(tx);
  const none = { balanceCents: 0, creditCents: 0, closedCents: 0, budgetCents: 0, openCents: 0 };
  const { balanceCents, creditCents, closedCents, budgetCents, openCents } = rows[0] ?? none;
  return [
    equationOf('supporter funds of the locked month = disputes still open', balanceCents, openCents),
    equationOf('supporter funds paid − taken back = funding at its close', creditCents + budgetCents, closedCents),
    equationOf('paid budget of the lock = funding at its close', lock.paidCents, closedCents),
  ];
}

interface SupporterSums {
  readonly balanceCents: number;
  readonly creditCents: number;
  readonly closedCents: number;
  readonly budgetCents: number;
  readonly openCents: number;
}
