// What stands in the product's books, read from the services' schemas: a statement each, so that it can be looked at often.
import { sql } from 'kysely';
import type { World } from './world.ts';

/** An allocation that stands. */
export interface StandingAllocation {
  readonly usdCents: number;
  readonly recipientUserId: string;
  readonly version: number;
}

/** A writer's balances. */
export interface WriterOwed {
  readonly userId: string;
  readonly payableCents: number;
  readonly inFlightCents: number;
  readonly heldCents: number;
  readonly receivableCents: number;
}

/** What stands now, and may be other tomorrow. */
export interface StandingBooks {
  /** By supporter, type and id of the resource: `ada page letters`. */
  readonly plans: ReadonlyMap<string, StandingAllocation>;
  /** What schedules have come to, by their ids. */
  readonly schedules: ReadonlyMap<string, string>;
  readonly obligations: readonly WriterOwed[];
  /** Debits less credits by account of the general ledger. */
  readonly ledger: ReadonlyMap<string, number>;
  /** A refund that was ordered is being looked for, in case that Stripe has made it. */
  readonly isRefunding: boolean;
}

/** Reads what stands when nothing is under way. */
export async function readStanding(world: Pick<World, 'database'>): Promise<StandingBooks> {
  const { rows: accounts } = await sql<{ id: string; cents: number }>`
    select account_id as id, debited_cents - credited_cents as cents from ledger_balance`.execute(
    world.database('billing').kysely,
  );
  return {
    ...(await readWishes(world)),
    obligations: await readObligations(world),
    isRefunding: await isRefunding(world),
    ledger: new Map(accounts.map(({ id, cents }) => [id, cents])),
  };
}

async function isRefunding({ database }: Pick<World, 'database'>): Promise<boolean> {
  const { rows } = await sql`
    select from refund_order where state in ('waiting', 'look_up', 'look_up_again') limit 1`.execute(
    database('billing').kysely,
  );
  return rows.length > 0;
}

/** An allocation, or a schedule, which has a state. */
interface WishRow extends StandingAllocation {
  readonly name: string;
  readonly state: string | null;
}

async function readWishes({ database }: Pick<World, 'database'>): Promise<Pick<StandingBooks, 'plans' | 'schedules'>> {
  const { rows } = await sql<WishRow>`
    select user_id || ' ' || resource_type || ' ' || resource_id as name, usd_cents as "usdCents",
      recipient_user_id as "recipientUserId", version, null as state
    from allocation
    union all
    select id::text, usd_cents, recipient_user_id, version, state from schedule`.execute(
    database('allocations').kysely,
  );
  const plans = new Map<string, StandingAllocation>();
  const schedules = new Map<string, string>();
  for (const { name, state, ...standing } of rows) {
    if (state === null) plans.set(name, standing);
    else schedules.set(name, state);
  }
  return { plans, schedules };
}

async function readObligations({ database }: Pick<World, 'database'>): Promise<readonly WriterOwed[]> {
  const { rows } = await sql<WriterOwed>`
    select split_part(account_id, ':', 2) as "userId",
      coalesce(sum(balance_cents) filter (where account_id like 'payable:%'), 0)::bigint as "payableCents",
      coalesce(sum(balance_cents) filter (where account_id like 'in_flight:%'), 0)::bigint as "inFlightCents",
      coalesce(sum(balance_cents) filter (where account_id like 'held:%'), 0)::bigint as "heldCents",
      coalesce(sum(balance_cents) filter (where account_id like 'receivable:%'), 0)::bigint as "receivableCents"
    from ledger_balance where account_id like '%:%' group by 1 order by 1`.execute(database('payouts').kysely);
  return rows;
}
