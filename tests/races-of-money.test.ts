import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { month } from '@wewrite/contracts';
import { type Database, type Outbox, openDatabase } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { BillingSchema } from '../services/billing/src/db.ts';
import { refreshFunding } from '../services/billing/src/funding/refresh-funding.ts';
import { december, type RunningBilling, startBilling } from '../services/billing/tests/running-billing.ts';
import type { Schema as PayoutSchema } from '../services/payouts/src/db.ts';
import { type PayoutHarness, startPayouts } from '../services/payouts/tests/payout-harness.ts';
import { untilBlocked } from './blocked-sessions.ts';

describe('a hold against a payout of the same money', () => {
  let stack: PayoutHarness;
  let owner: Database<unknown>;
  beforeAll(async () => {
    stack = await startPayouts('connect');
    owner = openDatabase({ url: stack.ownerUrl('payouts'), name: 'races', maxConnections: 2 });
    await stack.topUp(1_000_000);
    await stack.knowAccount('wanda');
    await stack.earn('2026-11', { wanda: 5_000 });
    await stack.settled();
  });
  afterAll(async () => {
    await owner.close();
    await stack.stop();
  });

  test('C6, D1: one of them takes it, the other finds nothing, and neither fails', async () => {
    const holding = await owner.transaction(async (tx) => {
      await sql`select from ledger_account where id = 'payable:wanda' for update`.execute(tx);
      await stack.fund('2026-11');
      await untilBlocked(
        stack.database<PayoutSchema>('payouts'),
        1,
        'the payout has read the balance, and waits to reserve it',
      );
      const hold = { writer: 'wanda', month: '2026-11', state: 'held', netCents: 5_000, version: 1 } as const;
      const said = stack.holdEarnings('question', hold);
      await untilBlocked(stack.database<PayoutSchema>('payouts'), 2, 'the hold waits for the payout');
      return { said };
    });
    await holding.said;
    expect(await parkedIn(owner)).toEqual([]);
    expect((await stack.transfers()).map(({ amountCents }) => amountCents)).toEqual([4_825]);
    expect(await stack.balancesOf('wanda')).toMatchObject({ payableCents: 0, inFlightCents: 0, heldCents: 0 });
  });
});

describe('two payments of one supporter and month', () => {
  let billing: RunningBilling;
  let database: Database<BillingSchema>;
  beforeAll(async () => {
    billing = await startBilling('2026-11-01T00:00:00.000Z');
    await billing.subscribe('anna', 1_000);
    const url = billing.harness.databaseUrl('billing');
    database = openDatabase<BillingSchema>({ url, name: 'races', maxConnections: 3 });
  });
  afterAll(async () => {
    await database.close();
    await billing.stop();
  });

  /** Stores an invoice that was paid for December, in a transaction of its own, and brings the budget up to date. */
  function pay(invoiceId: string, cents: number, beforeCommit: () => Promise<void>): Promise<void> {
    const outbox: Outbox = { emit: async () => undefined, emitBlobs: async () => undefined };
    return database.transaction(async (tx) => {
      await sql`
        insert into invoice (id, status, total_cents, paid_cents, created_at)
        values (${invoiceId}, 'paid', ${cents}, ${cents}, ${billing.harness.clock.now()})`.execute(tx);
      await sql`
        insert into invoice_month (invoice_id, month, user_id, subscription_id, cents, state)
        select ${invoiceId}, ${december}, user_id, id, ${cents}, 'paid' from subscription
        where user_id = 'anna'`.execute(tx);
      await refreshFunding(tx, { outbox }, [{ userId: 'anna', month: december }]);
      await beforeCommit();
    });
  }

  test('E5: both count, whichever is computed while the other is still to commit', async () => {
    let second: Promise<void> | undefined;
    await pay('in_first', 100, async () => {
      second = pay('in_second', 200, async () => undefined);
      await untilBlocked(database, 1, 'the second waits for the first');
    });
    await second;
    const { rows } = await sql<{ paid_cents: number }>`
      select paid_cents from funding where user_id = 'anna' and month = ${month(december)}`.execute(database.kysely);
    expect(rows).toEqual([{ paid_cents: 300 }]);
  });
});

async function parkedIn(database: Database<unknown>): Promise<string[]> {
  const { rows } = await sql<{ reason: string }>`select reason from parked_message`.execute(database.kysely);
  return rows.map(({ reason }) => reason);
}
