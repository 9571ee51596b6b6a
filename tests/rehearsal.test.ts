import { afterEach, describe, expect, test } from '@jest/globals';
import { cents, type ServiceName } from '@wewrite/contracts';
import { sql } from 'kysely';
import { setAllocation } from '../apps/cli/src/demo/load-community.ts';
import { dump, november, type RehearsedMonth, startMonth } from './rehearsed-month.ts';

const started: RehearsedMonth[] = [];
afterEach(async () => {
  for (const month of started.splice(0)) await month.stop();
});

async function start(): Promise<RehearsedMonth> {
  const month = await startMonth();
  started.push(month);
  return month;
}

const ledger = ['ledger_account', 'ledger_transfer'];

/** Everything that is money or plan, and the books of it. */
const real: Readonly<Partial<Record<ServiceName, readonly string[]>>> = {
  allocations: ['plan', 'allocation', 'allocation_change', 'budget', 'funding_closing', 'month_close', 'close_chunk'],
  billing: [...ledger, 'funding', 'funding_close', 'invoice', 'payment', 'earning_waiting', 'escrow_move'],
  payouts: [...ledger, 'payout', 'payout_month', 'judgement', 'writer_credit', 'transfer_job', 'payout_attempt'],
};

async function moneyAndPlans({ harness }: RehearsedMonth): Promise<string[]> {
  const dumps: string[] = [];
  for (const [service, tables] of Object.entries(real)) {
    dumps.push(...(await dump(harness, service as ServiceName, [...tables, 'books_version'])));
  }
  return dumps;
}

/** The runs of rehearsals of which a service has rows. */
async function rehearsedRuns({ harness }: RehearsedMonth): Promise<Set<string>> {
  const found = new Set<string>();
  const tables: readonly (readonly [ServiceName, string])[] = [
    ['allocations', 'rehearsal'],
    ['allocations', 'rehearsal_chunk'],
    ['payouts', 'rehearsal'],
    ['payouts', 'rehearsed_credit'],
    ['payouts', 'rehearsed_judgement'],
    ['monitoring', 'month_run'],
    ['monitoring', 'step_progress'],
    ['monitoring', 'writer_net'],
    ...(['run', 'chunk', 'line', 'supporter_month', 'writer_month'] as const).map(
      (table) => ['earnings', table] as const,
    ),
    ...(['billing', 'earnings', 'payouts'] as const).map((service) => [service, 'completion'] as const),
  ];
  for (const [service, table] of tables) {
    const { rows } = await sql<{ run_id: string }>`select distinct run_id from ${sql.table(table)}`.execute(
      harness.database(service).kysely,
    );
    for (const { run_id } of rows) found.add(run_id);
  }
  return found;
}

describe('a rehearsal', () => {
  test('changes no row of money or plan, and the next one removes its rows', async () => {
    const month = await start();
    await month.stand('2026-11-27T12:00:00.000Z');
    const before = await moneyAndPlans(month);
    expect(before.length).toBeGreaterThan(100);
    const first = await month.startRehearsal();
    await month.drain();
    expect(await moneyAndPlans(month)).toEqual(before);
    expect(await rehearsedRuns(month)).toEqual(new Set([first.runId]));
    const second = await month.startRehearsal();
    await month.drain();
    expect(await moneyAndPlans(month)).toEqual(before);
    expect(await rehearsedRuns(month)).toEqual(new Set([second.runId]));
    expect(await month.report()).toMatchObject({ runId: second.runId, unexplainedCents: 0, comparison: null });
  });

  test('comes by itself on the 28th, and its forecast equals the close when nothing changes', async () => {
    const month = await start();
    await month.stand('2026-11-28T09:00:00.000Z');
    const forecast = await month.report();
    expect(forecast).toMatchObject({ unexplainedCents: 0, balances: { suffice: true }, comparison: null });
    expect(forecast.payouts.payouts).toBeGreaterThan(0);
    expect(forecast.payouts.skipped).not.toEqual([]);
    await month.endMonth();
    await month.startClose();
    expect(await month.closed()).toMatchObject({ reconciled: true });
    const { comparison, ...unchanged } = await month.report();
    expect({ ...unchanged, comparison: null }).toEqual(forecast);
    expect(comparison?.close).toEqual(forecast.totals);
    expect(Object.values(comparison?.differenceInTotals ?? {}).filter((difference) => difference !== 0)).toEqual([]);
    expect(comparison?.writersThatDiffer).toBe(0);
  });

  test('tells what a change after it has made different', async () => {
    const month = await start();
    await month.stand('2026-11-28T09:00:00.000Z');
    const wish = month.world.input.allocations.find(({ usdCents }) => usdCents > 100);
    if (wish === undefined) throw new Error('nobody allocates anything');
    await setAllocation(month.world, { ...wish, usdCents: cents(wish.usdCents - 100) });
    await month.endMonth();
    await month.startClose();
    await month.closed();
    const { comparison } = await month.report();
    expect(comparison).toMatchObject({ writersThatDiffer: 1, differenceInTotals: { paidCents: 0, lines: 0 } });
    expect(comparison?.differenceInTotals.fundedCents).toBe(-(comparison?.differenceInTotals.unallocatedCents ?? 0));
  });

  test('B5: does not call a budget that is on its way from billing a difference, and tells of it', async () => {
    const month = await start();
    await month.stand('2026-11-27T12:00:00.000Z');
    const { kysely } = month.harness.database('billing');
    const paid = sql`month = ${november} and user_id = (
      select min(user_id) from funding where month = ${november} and paid_cents > 0)`;
    await sql`update funding set paid_cents = paid_cents + 100, version = version + 1 where ${paid}`.execute(kysely);
    await month.startRehearsal();
    await month.drain();
    expect(await month.report()).toMatchObject({ unexplainedCents: 0, budgetChangesUnderWay: 1, differences: [] });
    await sql`update funding set version = version - 1 where ${paid}`.execute(kysely);
    await month.startRehearsal();
    await month.drain();
    expect(await month.report()).toMatchObject({
      unexplainedCents: 100,
      budgetChangesUnderWay: 0,
      differences: [{ name: 'lock paidCents = lock_books knownPaidCents', differenceCents: -100 }],
    });
  });

  test('and a close at the same time leave each other alone', async () => {
    const month = await start();
    await month.endMonth();
    const rehearsal = await month.startRehearsal();
    await month.startClose();
    expect(await month.closed()).toMatchObject({ reconciled: true, kind: 'close' });
    const report = await month.report();
    expect(report).toMatchObject({ runId: rehearsal.runId, unexplainedCents: 0 });
    expect(report.comparison?.close.netCents).toBe(report.totals.netCents);
    expect(report.comparison?.writersThatDiffer).toBe(0);
    await expect(month.startRehearsal()).rejects.toThrow(`The close of ${november} has been started.`);
  });
});
