import { cutoffOf } from '@wewrite/contracts';
import type pg from 'pg';
import type { BenchDatabase } from './servers.ts';
import { allocationsEach, runOf, type World, writersOf } from './world.ts';

// How a close is written that knows no batches: each row, and each transfer with its two balances, in a transaction of its
// own, one after the other. A slice is measured, of supporters and of as many writers as belong to them; triggers and foreign
// keys are off, as for the floor.

/** What a slice took, and what all of the world would take at that pace. */
export interface RowByRow {
  readonly sliceSeconds: number;
  readonly sliceLines: number;
  readonly secondsForAll: number;
}

const sliceSupporters = 500;

/** Closes a slice of the month row by row. The database is good for nothing else afterwards. */
export async function closeRowByRow(database: BenchDatabase, world: World): Promise<RowByRow> {
  const supporters = Math.min(sliceSupporters, world.supporters);
  const writers = Math.round((supporters * writersOf(world)) / world.supporters);
  return database.asSuperuser(async (client) => {
    await client.query('set session_replication_role = replica');
    await client.query('set search_path = earnings');
    await prepare(client, world);
    const startedAt = performance.now();
    await closeSupporters(client, world, supporters);
    await closeWriters(client, world, writers);
    const sliceSeconds = (performance.now() - startedAt) / 1_000;
    return {
      sliceSeconds,
      sliceLines: supporters * allocationsEach,
      secondsForAll: (sliceSeconds * world.supporters) / supporters,
    };
  });
}

/** The tables with all their indexes, and the accounts, which a close opens once. */
async function prepare(client: pg.Client, world: World): Promise<void> {
  const { runId, month } = runOf(world);
  await client.query(`select create_line_partition($1)`, [runId]);
  await client.query(`select index_line_partition($1)`, [runId]);
  await client.query(
    `insert into billing.ledger_account (id, type, currency) values ($1, 'liability', 'usd'),
       ('platform_revenue:unallocated', 'income', 'usd'), ('platform_revenue:fees', 'income', 'usd'),
       ('creator_obligations', 'liability', 'usd')`,
    [`allocated:${month}`],
  );
  await client.query(`insert into payouts.ledger_account (id, type, currency) values ('control', 'asset', 'usd')`);
}

interface Plan {
  readonly user_id: string;
  readonly paid_cents: number;
  readonly lines: readonly {
    readonly type: string;
    readonly id: string;
    readonly writer: string;
    readonly cents: number;
  }[];
}

async function closeSupporters(client: pg.Client, world: World, supporters: number): Promise<void> {
  const { runId, month } = runOf(world);
  const { rows } = await client.query<Plan>(
    `select user_id, coalesce((select paid_cents from allocations.budget where budget.user_id = plan.user_id), 0)::integer
         as paid_cents,
       (select json_agg(json_build_object('type', resource_type, 'id', resource_id, 'writer', recipient_user_id,
          'cents', usd_cents)) from allocations.allocation where allocation.user_id = plan.user_id) as lines
     from allocations.plan order by user_id limit $1`,
    [supporters],
  );
  for (const { user_id: userId, paid_cents: paidCents, lines } of rows) {
    const wantedCents = lines.reduce((sum, line) => sum + line.cents, 0);
    const fundedCents = Math.min(paidCents, wantedCents);
    for (const [position, line] of lines.entries()) {
      await client.query({
        name: 'line',
        text: `insert into line (run_id, chunk, position, usd_cents, funded_cents, user_id, recipient_user_id, resource_type,
            resource_id) values ($1, 0, $2, $3, $4, $5, $6, $7, $8)`,
        values: [
          runId,
          position,
          line.cents,
          Math.floor((line.cents * fundedCents) / wantedCents),
          userId,
          line.writer,
          line.type,
          line.id,
        ],
      });
    }
    await client.query({
      name: 'supporter month',
      text: `insert into supporter_month (run_id, user_id, paid_cents, funded_cents, unallocated_cents, unfunded_cents)
        values ($1, $2, $3, $4, $5, $6)`,
      values: [runId, userId, paidCents, fundedCents, paidCents - fundedCents, wantedCents - fundedCents],
    });
    const funds = `supporter_funds:${userId}:${month}`;
    await transfer(client, world, 'billing', 'allocation_locked', userId, [funds, `allocated:${month}`, fundedCents]);
    const unallocated = ['platform_revenue:unallocated', paidCents - fundedCents] as const;
    await transfer(client, world, 'billing', 'unallocated_funds', userId, [funds, ...unallocated]);
  }
}

async function closeWriters(client: pg.Client, world: World, writers: number): Promise<void> {
  const { runId, month } = runOf(world);
  for (let writer = 0; writer < writers; writer++) {
    const userId = `writer-${String(writer).padStart(8, '0')}`;
    const [grossCents, feeCents, netCents] = [10_000, 700, 9_300];
    await client.query({
      name: 'writer month',
      text: `insert into writer_month (run_id, recipient_user_id, gross_cents, fee_cents, net_cents, line_count)
        values ($1, $2, $3, $4, $5, 100)`,
      values: [runId, userId, grossCents, feeCents, netCents],
    });
    const from = `allocated:${month}`;
    await transfer(client, world, 'billing', 'platform_fee', userId, [from, 'platform_revenue:fees', feeCents]);
    await transfer(client, world, 'billing', 'creator_earning', userId, [from, 'creator_obligations', netCents]);
    await client.query({
      name: 'credit',
      text: `insert into payouts.writer_credit (run_id, month, user_id, gross_cents, fee_cents, net_cents)
        values ($1, $2, $3, $4, $5, $6)`,
      values: [runId, month, userId, grossCents, feeCents, netCents],
    });
    await openAccounts(client, userId);
    const payable = `payable:${userId}`;
    await transfer(client, world, 'payouts', 'creator_earning', userId, ['control', payable, netCents]);
    await client.query({
      name: 'payout',
      text: `with made as (
          insert into payouts.payout (id, run_id, month, user_id, account_id, status, currency, gross_cents,
            processing_fee_cents, net_cents, requested_at)
          values (gen_random_uuid(), $1, $2, $3, 'acct', 'requested', 'usd', $4, 300, $4::bigint - 300, $5) returning id
        ) insert into payouts.judgement (run_id, month, user_id, payable_cents, payout_id) select $1, $2, $3, $4, id from made`,
      values: [runId, month, userId, netCents, cutoffOf(world.month)],
    });
    await transfer(client, world, 'payouts', 'payout_reserved', userId, [payable, `in_flight:${userId}`, netCents]);
  }
}

async function openAccounts(client: pg.Client, userId: string): Promise<void> {
  await client.query({
    name: 'open accounts',
    text: `insert into payouts.ledger_account (id, type, currency) values ($1, 'liability', 'usd'), ($2, 'liability', 'usd')`,
    values: [`payable:${userId}`, `in_flight:${userId}`],
  });
}

/** One transfer and its two balances, in one statement and transaction; none of nothing. */
async function transfer(
  client: pg.Client,
  { month }: World,
  schema: 'billing' | 'payouts',
  kind: string,
  userId: string,
  [debit, credit, amountCents]: readonly [debit: string, credit: string, amountCents: number],
): Promise<void> {
  if (amountCents === 0) return;
  await client.query({
    name: `transfer in ${schema}`,
    text: `with debited as (
        update ${schema}.ledger_account set debited_cents = debited_cents + $3 where id = $1
      ), credited as (
        update ${schema}.ledger_account set credited_cents = credited_cents + $3 where id = $2
      )
      insert into ${schema}.ledger_transfer (idempotency_key, kind, month, debit_account_id, credit_account_id, amount_cents,
        currency, occurred_at, recorded_at, run_kind) values ($4, $5, $6, $1, $2, $3, 'usd', $7, $7, 'close')`,
    values: [debit, credit, amountCents, `${kind}:${month}:${userId}`, kind, month, cutoffOf(month)],
  });
}
