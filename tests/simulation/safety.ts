import { sql } from 'kysely';
import { z } from 'zod';
import { promised } from './population/promise.ts';
import type { World } from './world.ts';

/** What must hold at every moment, whatever is under way. Throws a BrokenPromise that says what does not. */
export async function expectSafe(world: World): Promise<void> {
  await expectOneTransferEach(world);
  await expectBooksWithinBounds(world);
  await expectNothingUnexplained(world);
}

const PaymentsSchema = z.array(
  z.object({ id: z.string(), metadata: z.object({ payout_id: z.string(), writer: z.string(), month: z.string() }) }),
);

/** D3: of one payout Stripe has made at most one transfer, whatever was repeated. */
async function expectOneTransferEach(world: World): Promise<void> {
  const made = [
    ...PaymentsSchema.parse(await world.heldAtStripe('outbound_payment')),
    ...PaymentsSchema.parse(await world.heldAtStripe('transfer')),
  ];
  const first = new Map<string, string>();
  for (const { id, metadata } of made) {
    const other = first.get(metadata.payout_id);
    const { writer, month } = metadata;
    promised(other === undefined, `D3: ${writer}'s payout of ${month} was sent twice, as ${other} and as ${id}.`);
    first.set(metadata.payout_id, id);
  }
}

interface Wrong {
  readonly account: string;
  readonly cents: number;
}

/** B5: nobody was told that a month is not explained, were it for a moment, since each cent is somewhere. */
async function expectNothingUnexplained(world: World): Promise<void> {
  const { rows } = await sql`
    select from state_seen where name = 'monitoring.month_run.state unexplained' limit 1`.execute(
    world.database('monitoring').kysely,
  );
  promised(rows.length === 0, 'B5: a month was said to be unexplained.');
}

/** Each account stands at what its transfers come to, and nobody's funds, nor what is set aside, are below zero. */
async function expectBooksWithinBounds(world: World): Promise<void> {
  for (const service of ['billing', 'payouts'] as const) {
    const { rows } = await sql<Wrong>`
      with entered as materialized (
        select account_id, sum(debit_cents - credit_cents)::bigint as cents from ledger_entry group by account_id
      )
      select account_id as account, debited_cents - credited_cents - coalesce(entered.cents, 0) as cents
      from ledger_balance left join entered using (account_id)
      where debited_cents - credited_cents <> coalesce(entered.cents, 0)`.execute(world.database(service).kysely);
    for (const { account, cents } of rows)
      promised(false, `${service}: ${account} differs from its transfers by ${cents}.`);
  }
  const { rows } = await sql<Wrong>`
    select account_id as account, balance_cents as cents from ledger_balance
    where balance_cents < 0 and (account_id like 'supporter_funds:%' or account_id like 'allocated:%')`.execute(
    world.database('billing').kysely,
  );
  for (const { account, cents } of rows) promised(false, `B7: ${account} is at ${cents} cents.`);
}
