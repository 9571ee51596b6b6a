import {
  cents,
  type Month,
  MonthSchema,
  type MonthTotals,
  MonthTotalsSchema,
  previousMonth,
  type RehearsalReport,
  RehearsalReportSchema,
  SkipReasonSchema,
} from '@wewrite/contracts';
import { problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import type { Context, Schema } from './db.ts';
import { findRun } from './find-run.ts';
import { type LoadedStep, loadRun } from './load-run.ts';
import { budgetChangesUnderWay, rehearsalVerdictOf } from './rehearsal-verdict.ts';

/** From here on, what somebody earns after a month without earnings is looked at. */
const largeNetCents = 10_000;

/** What the latest rehearsal of a month has found, and, after the close, how near it came. */
export function readRehearsal(server: Server, { database }: Context): void {
  server.get(
    '/v1/months/:month/rehearsal',
    {
      schema: {
        summary: "What the latest rehearsal of a month's close has found",
        params: z.object({ month: MonthSchema }),
        response: { 200: RehearsalReportSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async ({ params: { month } }) => {
      const { kysely } = database;
      const run = await findRun(kysely, { month, kind: 'rehearsal' });
      if (run === undefined) throw new Refusal('not_found', `The close of ${month} has not been rehearsed.`);
      const { steps } = await loadRun(kysely, run.run_id);
      const { unexplainedCents, differences } = rehearsalVerdictOf(steps);
      if (unexplainedCents === null) throw new Refusal('busy', `The rehearsal of ${month} is still going on.`);
      const totals = totalsOf(steps);
      return {
        month,
        runId: run.run_id,
        currency: 'usd' as const,
        traceId: run.trace_id,
        unexplainedCents,
        differences: [...differences],
        budgetChangesUnderWay: budgetChangesUnderWay(steps),
        totals,
        payouts: payoutsOf(steps),
        unusual: {
          ...(await unusualWriters(kysely, { runId: run.run_id, month })),
          overspentSupporters: sumIn(steps, 'lines', 'overspentSupporters'),
          lapsedSupporters: sumIn(steps, 'lines', 'lapsedSupporters'),
          unallocatedBasisPoints: shareOf(totals.unallocatedCents, totals.paidCents),
        },
        balances: balancesOf(steps),
        comparison: await compare(kysely, { runId: run.run_id, month, forecast: totals }),
      };
    },
  );
}

function totalsOf(steps: readonly LoadedStep[]): MonthTotals {
  const doneOf = (step: string) => steps.find((known) => known.step === step)?.done ?? 0;
  // A rehearsal has no transfers: how many there would be is known from its judgements.
  const payouts = steps.find(({ step }) => step === 'payouts')?.expected ?? sumIn(steps, 'payout_requests', 'payouts');
  return MonthTotalsSchema.parse({
    supporters: doneOf('lock_books'),
    lines: doneOf('lines'),
    writers: doneOf('earnings'),
    payouts,
    ...sumsOf(steps, 'lock'),
    ...sumsOf(steps, 'earnings'),
  });
}

function payoutsOf(steps: readonly LoadedStep[]): RehearsalReport['payouts'] {
  const sum = (name: string) => sumIn(steps, 'payout_requests', name);
  return {
    payouts: sum('payouts'),
    grossCents: cents(sum('grossCents')),
    processingFeeCents: cents(sum('processingFeeCents')),
    netCents: cents(sum('netCents')),
    skipped: SkipReasonSchema.options
      .map((reason) => ({ reason, writers: sum(`${reason}:writers`), payableCents: cents(sum(`${reason}:cents`)) }))
      .filter(({ writers }) => writers > 0),
  };
}

function balancesOf(steps: readonly LoadedStep[]): RehearsalReport['balances'] {
  const sum = (name: string) => cents(sumIn(steps, 'escrow', name));
  const shortfallCents = sum('shortfallCents');
  return {
    suffice: shortfallCents === 0,
    obligationsCents: sum('obligationsCents'),
    storageCents: sum('storageCents'),
    inTransitCents: sum('inTransitCents'),
    paymentsCents: sum('paymentsCents'),
    pendingCents: sum('pendingCents'),
    shortfallCents,
  };
}

/** Who earns much more than last month, and who earns much after nothing. */
async function unusualWriters(
  kysely: Kysely<Schema>,
  { runId, month }: { runId: string; month: Month },
): Promise<Pick<RehearsalReport['unusual'], 'risenWriters' | 'newWriters'>> {
  const lastMonth = sql`(select * from writer_net where month = ${previousMonth(month)} and kind = 'close')`;
  const risen = await sql<RehearsalReport['unusual']['risenWriters'][number]>`
    select now.user_id as "userId", now.net_cents as "netCents", before.net_cents as "lastMonthCents"
    from writer_net as now join ${lastMonth} as before using (user_id)
    where now.run_id = ${runId} and before.net_cents > 0 and now.net_cents > 3 * before.net_cents
    order by now.net_cents desc, now.user_id limit 100`.execute(kysely);
  const begun = await sql<RehearsalReport['unusual']['newWriters'][number]>`
    select now.user_id as "userId", now.net_cents as "netCents"
    from writer_net as now left join ${lastMonth} as before using (user_id)
    where now.run_id = ${runId} and now.net_cents >= ${largeNetCents} and coalesce(before.net_cents, 0) = 0
      and exists ${lastMonth}
    order by now.net_cents desc, now.user_id limit 100`.execute(kysely);
  return { risenWriters: risen.rows, newWriters: begun.rows };
}

/** Null until the close has judged its writers, and all that they earned is known here. */
async function compare(
  kysely: Kysely<Schema>,
  { runId, month, forecast }: { runId: string; month: Month; forecast: MonthTotals },
): Promise<RehearsalReport['comparison']> {
  const run = await findRun(kysely, { month, kind: 'close' });
  if (run === undefined) return null;
  const { steps } = await loadRun(kysely, run.run_id);
  if (!steps.some(({ step, state }) => step === 'payout_requests' && state === 'done')) return null;
  const { rows } = await sql<{ known: number; differing: number }>`
    select count(closed.user_id) as known,
      count(*) filter (where closed.net_cents is distinct from forecast.net_cents) as differing
    from (select * from writer_net where run_id = ${runId}) as forecast
    full join (select * from writer_net where run_id = ${run.run_id}) as closed using (user_id)`.execute(kysely);
  const close = totalsOf(steps);
  const [writers] = rows;
  if (writers === undefined || writers.known !== close.writers) return null;
  const names = MonthTotalsSchema.keyof().options;
  const differenceInTotals = Object.fromEntries(names.map((name) => [name, forecast[name] - close[name]]));
  return RehearsalReportSchema.shape.comparison.parse({
    close,
    differenceInTotals,
    writersThatDiffer: writers.differing,
  });
}

function shareOf(partCents: number, wholeCents: number): number | null {
  return wholeCents === 0 ? null : Math.round((partCents / wholeCents) * 10_000);
}

function sumsOf(steps: readonly LoadedStep[], step: string): Readonly<Record<string, number>> {
  return steps.find((known) => known.step === step)?.sums ?? {};
}

function sumIn(steps: readonly LoadedStep[], step: string, name: string): number {
  return sumsOf(steps, step)[name] ?? 0;
}
