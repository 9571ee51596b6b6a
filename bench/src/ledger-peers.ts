import { type Cents, month } from '@wewrite/contracts';
import { defineChart, type NewTransfer, postTransfers } from '@wewrite/ledger';
import type { Database } from '@wewrite/service-kit';
import type pg from 'pg';

// Three ways to write the same transfers: the ledger in batches, a plain INSERT of the same rows that keeps no balances, and
// one statement for each transfer that keeps them.

/** The accounts of the benchmark: ten that every batch moves, and many that few do. */
export const chart = defineChart({
  'hot:': { type: 'liability', currency: 'usd', hot: true },
  'cold:': { type: 'liability', currency: 'usd' },
});

/** Which accounts a piece of work moves. */
export type Heat = 'hot' | 'cold';

/** How many accounts of a kind there are. */
export const accountsOf: Readonly<Record<Heat, number>> = { hot: 10, cold: 100_000 };

const occurredAt = new Date('2026-11-01T00:00:00Z');

/** Transfers between accounts that follow from their numbers; `name` keeps the keys of several works apart. */
export function transfersFor(name: string, heat: Heat, count: number): NewTransfer[] {
  const account = (number: number) => `${heat}:${String(number % accountsOf[heat]).padStart(6, '0')}`;
  return Array.from({ length: count }, (_, index) => ({
    idempotencyKey: `${name}:${String(index).padStart(8, '0')}`,
    kind: 'bench',
    month: month('2026-10'),
    debit: account(index * 7_919),
    credit: account(index * 7_919 + 1),
    amountCents: (1 + (index % 1_000)) as Cents,
    currency: 'usd',
    occurredAt,
    causeEventId: null,
    stripeId: null,
    corrects: null,
    runKind: null,
  }));
}

/** Posts by the ledger; gives transfers a second. */
export async function postByLedger(
  database: Database<unknown>,
  transfers: readonly NewTransfer[],
  batch: number,
): Promise<number> {
  return paceOf(transfers, batch, (some) =>
    database.transaction(async (tx) => void (await postTransfers(tx, chart, some, occurredAt))),
  );
}

/** Inserts the same rows into a table with the same indexes, in the same batches, and keeps no balances. */
export async function insertPlainly(
  client: pg.Client,
  transfers: readonly NewTransfer[],
  batch: number,
): Promise<number> {
  return paceOf(transfers, batch, async (some) => {
    const column = <Value>(pick: (transfer: NewTransfer) => Value) => some.map(pick);
    await client.query({
      name: 'plain',
      text: `insert into plain_transfer (idempotency_key, kind, month, debit_account_id, credit_account_id, amount_cents,
          currency, occurred_at, recorded_at)
        select *, $9::timestamptz from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[],
          $7::text[], $8::timestamptz[])`,
      values: [
        column((each) => each.idempotencyKey),
        column((each) => each.kind),
        column((each) => each.month),
        column((each) => each.debit),
        column((each) => each.credit),
        column((each) => each.amountCents),
        column((each) => each.currency),
        column((each) => each.occurredAt),
        occurredAt,
      ],
    });
  });
}

/**
 * The peers' tables, with the ledger's indexes and without its trigger, and what `postOneByOne` calls: it locks accounts in
 * one order, so that calls never wait in a circle.
 */
export const peerTables = `
  create table plain_transfer (like ledger_transfer including all);
  create table peer_transfer (like ledger_transfer including all);
  create table peer_account (like ledger_account including all) with (fillfactor = 70);
  insert into peer_account select * from ledger_account;
  create function post_one_transfer(key text, debit text, credit text, cents bigint, at timestamptz) returns void
  language plpgsql as $$
  begin
    perform from peer_account where id in (debit, credit) order by id for no key update;
    update peer_account set debited_cents = debited_cents + cents where id = debit;
    update peer_account set credited_cents = credited_cents + cents where id = credit;
    insert into peer_transfer (idempotency_key, kind, month, debit_account_id, credit_account_id, amount_cents, currency,
      occurred_at, recorded_at) values (key, 'bench', '2026-10', debit, credit, cents, 'usd', at, at);
  end $$`;

/** One statement and transaction for each transfer, on several connections at once; gives transfers a second. */
export async function postOneByOne(clients: readonly pg.Client[], transfers: readonly NewTransfer[]): Promise<number> {
  const startedAt = performance.now();
  await Promise.all(
    clients.map(async (client, offset) => {
      for (let index = offset; index < transfers.length; index += clients.length) {
        const transfer = transfers[index];
        if (transfer === undefined) return;
        const { idempotencyKey, debit, credit, amountCents } = transfer;
        await client.query({
          name: 'one',
          text: 'select post_one_transfer($1, $2, $3, $4, $5)',
          values: [idempotencyKey, debit, credit, amountCents, occurredAt],
        });
      }
    }),
  );
  return (transfers.length * 1_000) / (performance.now() - startedAt);
}

async function paceOf(
  transfers: readonly NewTransfer[],
  batch: number,
  write: (some: readonly NewTransfer[]) => Promise<void>,
): Promise<number> {
  const startedAt = performance.now();
  for (let start = 0; start < transfers.length; start += batch) await write(transfers.slice(start, start + batch));
  return (transfers.length * 1_000) / (performance.now() - startedAt);
}
