import { expect } from '@jest/globals';
import {
  cents,
  type Equation,
  equationOf,
  type Month,
  ParkedPageSchema,
  ReversalsPageSchema,
  type ServiceName,
} from '@wewrite/contracts';
import { balances, sumOfBalances, trialBalance } from '@wewrite/ledger';
import { sql } from 'kysely';
import { z } from 'zod';
import { pathOf } from '../../apps/cli/src/demo/api.ts';
import { readProgress } from '../../apps/cli/src/demo/close-month.ts';
import type { Place } from './place.ts';

/** What is rightly not nothing while a scenario goes on. */
export interface Outstanding {
  /** Payments of months already locked that were in dispute at their cutoff and still are. */
  readonly inDisputeCents?: number;
  readonly suspenseCents?: number;
}

/**
 * The equations of the books, across all services, as they stand now: whatever has happened, once nothing is under way
 * each of them holds. Throws with those that do not.
 */
export async function booksHold(place: Place, outstanding: Outstanding = {}): Promise<void> {
  const months = await closedMonths(place);
  const equations = [
    ...(await ledgerEquations(place, outstanding)),
    ...(await stripeEquations(place)),
    ...(await statedEquations(place)),
  ];
  for (const month of months) equations.push(...(await monthEquations(place, month)));
  equations.push(await lockedFunds(place, months, outstanding));
  expect(equations.filter(({ differenceCents }) => differenceCents !== 0)).toEqual([]);
  for (const month of months) {
    expect(await readProgress(place.world.api, place.world.tokens.admin, month)).toMatchObject({
      reconciled: true,
      unexplainedCents: 0,
      differences: [],
    });
    const path = `${pathOf('months', month, 'reversals')}?limit=1000`;
    const { reversals } = await place.ask('admin', { method: 'GET', path, answer: ReversalsPageSchema });
    expect(reversals.filter(({ state }) => state !== 'applied')).toEqual([]);
  }
  const parked = await place.ask('admin', { method: 'GET', path: '/v1/parked', answer: ParkedPageSchema });
  expect(parked.messages).toEqual([]);
}

/** The months that were closed so far, in order. */
export async function closedMonths(place: Place): Promise<readonly Month[]> {
  const { rows } = await sql<{ month: Month }>`
    select month from month_run where kind = 'close' order by month`.execute(database(place, 'monitoring'));
  return rows.map(({ month }) => month);
}

/** What accounts of the general ledger stand at; 0 where there is none. */
export async function standing<Id extends string>(place: Place, ...ids: Id[]): Promise<Record<Id, number>> {
  const found = await balances(database(place, 'billing'), { ids });
  return Object.fromEntries(ids.map((id) => [id, found.get(id) ?? 0])) as Record<Id, number>;
}

function database(place: Place, service: ServiceName) {
  return place.platform.harness.database(service).kysely;
}

async function ledgerEquations(place: Place, { suspenseCents = 0 }: Outstanding): Promise<Equation[]> {
  const [general, writers] = [database(place, 'billing'), database(place, 'payouts')];
  const ofWriters = (prefix: string) => sumOfBalances(writers, { prefix });
  const owedCents = (await ofWriters('payable:')) + (await ofWriters('in_flight:')) + (await ofWriters('held:'));
  const receivableCents = await ofWriters('receivable:');
  const control = await standing(place, 'creator_obligations', 'creator_receivables', 'suspense', 'stripe:in_transit');
  const heldBack = await sql<{ heldCents: number }>`
    select coalesce(sum(held_cents), 0)::bigint as "heldCents" from writer_hold`.execute(writers);
  const below = await sql<{ count: number }>`
    select count(*) as count from ledger_balance where balance_cents < 0 and minimum_cents = 0`.execute(general);
  return [
    equationOf('general ledger: debits − credits = 0', (await trialBalance(general)).differenceCents, 0),
    equationOf('sub-ledger: debits − credits = 0', (await trialBalance(writers)).differenceCents, 0),
    equationOf('obligations = what the sub-ledger owes', control.creator_obligations, owedCents),
    equationOf('receivables = what writers owe', control.creator_receivables, receivableCents),
    equationOf('held in the sub-ledger = holds', await ofWriters('held:'), heldBack.rows[0]?.heldCents ?? 0),
    equationOf('accounts below what they may stand at = none', below.rows[0]?.count ?? 0, 0),
    equationOf('suspense', control.suspense, suspenseCents),
    equationOf('in transit to storage', control['stripe:in_transit'], 0),
  ];
}

const StateSchema = z.object({
  balance_transaction: z.array(z.object({ net: z.int() })),
  financial_account: z.array(
    z.object({ balance: z.object({ available: z.object({ usd: z.object({ value: z.int() }) }) }) }),
  ),
});

/** With `connect` storage is a part of the payments balance, which the ledger alone knows. */
async function stripeEquations(place: Place): Promise<Equation[]> {
  const answer = await fetch(new URL('/_sandbox/state', place.platform.sandboxUrl));
  const { balance_transaction: transactions, financial_account: accounts } = StateSchema.parse(await answer.json());
  const storageCents = accounts.reduce((sum, { balance }) => sum + balance.available.usd.value, 0);
  const all = transactions.reduce((sum, { net }) => sum + net, 0) + storageCents;
  const ours = await standing(place, 'stripe:pending', 'stripe:payments', 'stripe:in_transit', 'stripe:storage');
  const { pending, available } = await place.platform.stripe.balance.retrieve();
  const ofAvailable = place.escrow === 'storage' ? 0 : ours['stripe:storage'];
  return [
    equationOf(
      'all that lies at Stripe',
      Object.values(ours).reduce((sum, amount) => sum + amount, 0),
      all,
    ),
    equationOf('pending at Stripe', ours['stripe:pending'], pending[0]?.amount ?? 0),
    equationOf('available at Stripe', ours['stripe:payments'] + ofAvailable, available[0]?.amount ?? 0),
    equationOf('in storage at Stripe', ours['stripe:storage'] - ofAvailable, storageCents),
  ];
}

/** What each service has said last of its books. */
async function statedEquations(place: Place): Promise<Equation[]> {
  const { rows } = await sql<{ service: string; month: string | null; equations: readonly Equation[] }>`
    select service, month, equations from books`.execute(database(place, 'monitoring'));
  return rows.flatMap(({ service, month, equations }) =>
    equations.map((equation) => ({ ...equation, name: `${service} of ${month}: ${equation.name}` })),
  );
}

/** Σ lines = Σ writers' months = Σ postings, in the three services that know them. */
async function monthEquations(place: Place, month: Month): Promise<Equation[]> {
  const run = sql`select run_id from run where month = ${month} and kind = 'close'`;
  const { rows } = await sql<Record<'funded' | 'gross' | 'fee' | 'net', number>>`
    select (select coalesce(sum(funded_cents), 0)::bigint from line where run_id in (${run})) as funded,
      coalesce(sum(gross_cents), 0)::bigint as gross, coalesce(sum(fee_cents), 0)::bigint as fee,
      coalesce(sum(net_cents), 0)::bigint as net
    from writer_month where run_id in (${run})`.execute(database(place, 'earnings'));
  const { funded, gross, fee, net } = rows[0] ?? { funded: 0, gross: 0, fee: 0, net: 0 };
  const posted = async (service: ServiceName, kind: string) => {
    const found = await sql<{ amount: number }>`
      select coalesce(sum(amount_cents), 0)::bigint as amount from ledger_transfer
      where month = ${month} and kind = ${kind}`.execute(database(place, service));
    return found.rows[0]?.amount ?? 0;
  };
  const account = `allocated:${month}`;
  return [
    equationOf(`${month}: lines = gross of writers`, funded, gross),
    equationOf(`${month}: gross = fees + net`, gross, fee + net),
    equationOf(`${month}: locked = lines`, await posted('billing', 'allocation_locked'), funded),
    equationOf(`${month}: fees`, await posted('billing', 'platform_fee'), fee),
    equationOf(`${month}: net, general ledger`, await posted('billing', 'creator_earning'), net),
    equationOf(`${month}: net, sub-ledger`, await posted('payouts', 'creator_earning'), net),
    equationOf(`${month}: allocated is given away`, (await standing(place, account))[account] ?? 0, 0),
  ];
}

async function lockedFunds(
  place: Place,
  months: readonly Month[],
  { inDisputeCents = 0 }: Outstanding,
): Promise<Equation> {
  let left = 0;
  for (const month of months) {
    left += await sumOfBalances(database(place, 'billing'), { prefix: 'supporter_funds:', suffix: month });
  }
  return equationOf('supporters’ funds of locked months', cents(left), inDisputeCents);
}
