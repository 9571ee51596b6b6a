import { cutoffOf, firstInstantOf, type Month, type Run } from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import type pg from 'pg';
import type { BenchDatabase } from './servers.ts';

/** A month that is over and funded, of so many supporters with ten allocations each. */
export interface World {
  readonly month: Month;
  readonly supporters: number;
}

/** Allocations of each supporter. */
export const allocationsEach = 10;

/** One writer to ten supporters. */
export function writersOf({ supporters }: World): number {
  return Math.max(allocationsEach, Math.round(supporters / 10));
}

/** The run of the month's close, as the services will name it. */
export function runOf({ month }: World): Run {
  return { runId: idOfCause('close', month), kind: 'close', month };
}

/**
 * Writes the world straight into the services' tables, as they would be on the 1st after billing has closed the month's
 * funding: plans in a heap that is shuffled, budgets, supporters' funds in the ledger, payout accounts. Some writers are
 * far better liked than others; of the supporters, four fifths paid more than they allocated, and others less, exactly as
 * much, or nothing. Every number follows from a user's number: the same size is the same world.
 */
export async function seedWorld(database: BenchDatabase, world: World): Promise<void> {
  const moments = { begin: firstInstantOf(world.month), cutoff: cutoffOf(world.month) };
  await database.asSuperuser(async (client) => {
    await client.query(`create function chance(number bigint, salt bigint) returns double precision
      language sql immutable parallel safe
      return (hashint8extended(number, salt) & 4503599627370495)::double precision / 4503599627370496`);
    // The triggers that keep balances are for rows that come one batch at a time; here they are written with the rest.
    await client.query('set session_replication_role = replica');
    await client.query("set work_mem = '256MB'; set maintenance_work_mem = '1GB'");
    await withoutIndexes(client, 'allocations.allocation', () => seedPlans(client, world, moments.begin));
    await seedBudgets(client, world);
    await seedBooks(client, moments);
    await seedPayoutAccounts(client, world, moments.begin);
    await client.query('drop function chance');
  });
  await database.asSuperuser((client) => client.query('vacuum (analyze)'));
}

/** Fills a table and makes its indexes afterwards, which takes a fraction of the time when rows come in no order. */
async function withoutIndexes(client: pg.Client, table: string, work: () => Promise<void>): Promise<void> {
  const { rows: constraints } = await client.query<{ name: string; definition: string }>(
    `select quote_ident(conname) as name, pg_get_constraintdef(oid) as definition from pg_constraint
     where conrelid = $1::regclass and contype in ('p', 'u')`,
    [table],
  );
  for (const { name } of constraints) await client.query(`alter table ${table} drop constraint ${name}`);
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
     where indrelid = $1::regclass`,
    [table],
  );
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  await work();
  for (const { name, definition } of constraints) {
    await client.query(`alter table ${table} add constraint ${name} ${definition}`);
  }
  for (const { definition } of indexes) await client.query(definition);
}

async function seedPlans(client: pg.Client, world: World, begin: Date): Promise<void> {
  const sizes = [world.supporters, writersOf(world), allocationsEach];
  await client.query(
    `insert into allocations.allocation
       (user_id, resource_type, resource_id, recipient_user_id, usd_cents, since, version)
     select 'supporter-' || lpad(supporter::text, 8, '0'), 'page', 'page-' || lpad(writer::text, 8, '0') || '-' || place,
       'writer-' || lpad(writer::text, 8, '0'), 20 + floor(480 * chance(supporter * $3 + place, 1))::bigint,
       $4::timestamptz + interval '1 hour' * floor(600 * chance(supporter * $3 + place, 2)), place
     from generate_series(1, $1::bigint) as supporter
     cross join generate_series(1, $3::bigint) as place
     cross join lateral (select floor($2 * chance(supporter * $3 + place, 3) ^ 3)::bigint as writer) as chosen
     order by chance(supporter * $3 + place, 4)`,
    [...sizes, begin],
  );
  await client.query(
    `insert into allocations.plan (user_id, version, first_changed_at, last_changed_at)
     select user_id, max(version), min(since), max(since) from allocations.allocation
     group by user_id order by hashtextextended(user_id, 5)`,
  );
}

async function seedBudgets(client: pg.Client, { month }: World): Promise<void> {
  await client.query(
    `insert into allocations.budget (month, user_id, paid_cents, open_cents, funding, invoice_ids, version)
     select $1, user_id, paid_cents, 0, case when paid_cents > 0 then 'paid' else 'none' end,
       case when paid_cents > 0 then array['in_' || substr(user_id, 11)] else '{}' end, 1
     from (
       select user_id, case
         when kind < 0.80 then wanted_cents + floor(500 * chance(number, 7))::bigint
         when kind < 0.90 then floor(wanted_cents * (0.2 + 0.7 * chance(number, 8)))::bigint
         when kind < 0.95 then wanted_cents
         else 0 end as paid_cents
       from (
         select user_id, substr(user_id, 11)::bigint as number, sum(usd_cents)::bigint as wanted_cents
         from allocations.allocation group by user_id
       ) as plan
       cross join lateral (select chance(number, 6) as kind) as drawn
     ) as funded order by hashtextextended(user_id, 9)`,
    [month],
  );
  await client.query(
    `insert into allocations.funding_closing (month, supporters, paid_cents, hash)
     select $1, count(*), sum(paid_cents), encode(sha256(convert_to(
       string_agg(user_id || E'\\t' || paid_cents || E'\\n', '' order by user_id), 'UTF8')), 'hex')
     from allocations.budget where paid_cents > 0`,
    [month],
  );
}

async function seedBooks(client: pg.Client, { begin, cutoff }: { begin: Date; cutoff: Date }): Promise<void> {
  await client.query(
    `insert into billing.funding (user_id, month, paid_cents, open_cents, funding, invoice_ids, version)
     select user_id, month, paid_cents, open_cents, funding, invoice_ids, version from allocations.budget`,
  );
  await client.query(
    `insert into billing.funding_close (month, supporters, paid_cents, hash, closed_at)
     select month, supporters, paid_cents, hash, $1 from allocations.funding_closing`,
    [cutoff],
  );
  await client.query(
    `insert into billing.ledger_account (id, type, currency, minimum_cents, hot, debited_cents, credited_cents)
     select 'supporter_funds:' || user_id || ':' || month, 'liability', 'usd', 0, false, 0, paid_cents
       from allocations.budget where paid_cents > 0
     union all
     select 'stripe:pending', 'asset', 'usd', null, true, paid_cents, paid_cents from allocations.funding_closing
     union all
     select 'stripe:payments', 'asset', 'usd', null, true, paid_cents, 0 from allocations.funding_closing`,
  );
  await client.query(
    `insert into billing.ledger_transfer (amount_cents, occurred_at, recorded_at, debit_account_id, credit_account_id,
       currency, kind, month, idempotency_key, cause_event_id, stripe_id)
     select paid_cents, $1::timestamptz, $1::timestamptz, 'stripe:pending', 'supporter_funds:' || user_id || ':' || month, 'usd',
         'subscription_payment', month, 'subscription_payment:' || invoice_ids[1], 'evt_' || user_id, invoice_ids[1]
       from allocations.budget where paid_cents > 0
     union all
     select paid_cents, $1::timestamptz, $1::timestamptz, 'stripe:payments', 'stripe:pending', 'usd', 'funds_available', month,
         'funds_available:' || month, null, null
       from allocations.funding_closing`,
    [begin],
  );
}

async function seedPayoutAccounts(client: pg.Client, world: World, begin: Date): Promise<void> {
  await client.query(
    `insert into payouts.payout_account (user_id, account_id, can_receive, changed_at)
     select 'writer-' || lpad(writer::text, 8, '0'), 'acct_' || writer, kind >= 0.10, $2
     from generate_series(0, $1::bigint - 1) as writer
     cross join lateral (select chance(writer, 10) as kind) as drawn
     where kind >= 0.05 order by chance(writer, 11)`,
    [writersOf(world), begin],
  );
}
