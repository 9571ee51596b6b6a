import { ledgerMigrations, trialBalance } from '@wewrite/ledger';
import { type Database, kitMigrations, migrate, openDatabase } from '@wewrite/service-kit';
import type pg from 'pg';
import {
  accountsOf,
  type Heat,
  insertPlainly,
  peerTables,
  postByLedger,
  postOneByOne,
  transfersFor,
} from './ledger-peers.ts';
import { type BenchDatabase, createDatabase, type Servers, startServers } from './servers.ts';

/** Transfers a second of one round. */
export interface LedgerRound {
  /** By batch: the ledger on hot and on cold accounts, and the plain INSERT, on one connection each. */
  readonly batches: readonly BatchPaces[];
  /** One statement a transfer, on several connections. */
  readonly oneByOne: Readonly<Record<Heat, number>>;
}

/** Transfers a second in batches of one size. */
export interface BatchPaces extends Readonly<Record<Heat, number>> {
  readonly batch: number;
  readonly plain: number;
}

const batchSizes = [1, 10, 100, 1_000, 8_000] as const;
/** Connections of the peer that posts one by one: a commit that waits for the disk does not hold the others up. */
export const oneByOneConnections = 8;

/** Measures the posting of transfers beside its peers; throws when balances do not add up to what was posted. */
export async function benchLedger(options: {
  readonly rounds: number;
  /** How many transfers the largest batches are measured with; small ones take fewer. */
  readonly transfers: number;
  readonly directory?: string;
  readonly say: (sentence: string) => void;
}): Promise<LedgerRound[]> {
  const servers = await startServers('memory', options.directory);
  try {
    await prepare(await createDatabase(servers, 'seed'));
    const rounds: LedgerRound[] = [];
    for (let round = 1; round <= options.rounds; round++) {
      rounds.push(await measureRound(servers, options.transfers, round));
      options.say(`round ${round}: ${JSON.stringify(rounds.at(-1))}`);
    }
    return rounds;
  } finally {
    await servers.stop();
  }
}

/** Billing's schema with its ledger only, all accounts open. */
async function prepare(seed: BenchDatabase): Promise<void> {
  const { ownerUrl } = seed.urls.billing;
  await migrate({ ownerUrl, schema: 'billing', sources: [kitMigrations, ledgerMigrations] });
  await seed.asSuperuser(async (client) => {
    await client.query('set search_path = billing');
    for (const [heat, count] of Object.entries(accountsOf)) {
      await client.query(
        `insert into ledger_account (id, type, currency, hot)
         select $1 || ':' || lpad(number::text, 6, '0'), 'liability', 'usd', $1 = 'hot'
         from generate_series(0, $2::integer - 1) as number`,
        [heat, count],
      );
    }
    await client.query(peerTables);
    await client.query('vacuum (analyze)');
  });
}

async function measureRound(servers: Servers, transfers: number, round: number): Promise<LedgerRound> {
  const copy = await createDatabase(servers, 'ledger', 'seed');
  const url = copy.urls.billing.appUrl;
  const database = openDatabase<unknown>({ url, name: 'bench', maxConnections: 1 });
  try {
    return await copy.asSuperuser(async (client) => {
      await client.query('set search_path = billing');
      // Who comes first changes from round to round.
      const sizes = round % 2 === 1 ? batchSizes : batchSizes.toReversed();
      const batches: BatchPaces[] = [];
      for (const batch of sizes) batches.push(await measureBatch(database, client, { batch, transfers }));
      const oneByOne = await measureOneByOne(copy, Math.min(transfers, 2_000));
      await assertAddsUp(database, client);
      return { batches: batches.toSorted((a, b) => a.batch - b.batch), oneByOne };
    });
  } finally {
    await database.close();
    await copy.drop();
  }
}

async function measureBatch(
  database: Database<unknown>,
  client: pg.Client,
  { batch, transfers }: { batch: number; transfers: number },
): Promise<BatchPaces> {
  const count = Math.min(transfers, batch * 500);
  const work = (name: string, heat: Heat) => transfersFor(`${name}:${heat}:${batch}`, heat, count);
  return {
    batch,
    hot: await postByLedger(database, work('ledger', 'hot'), batch),
    cold: await postByLedger(database, work('ledger', 'cold'), batch),
    plain: await insertPlainly(client, work('plain', 'cold'), batch),
  };
}

async function measureOneByOne(copy: BenchDatabase, transfers: number): Promise<Record<Heat, number>> {
  return withClients(copy, oneByOneConnections, [], async (clients) => ({
    hot: await postOneByOne(clients, transfersFor('one:hot', 'hot', transfers)),
    cold: await postOneByOne(clients, transfersFor('one:cold', 'cold', transfers)),
  }));
}

async function withClients<Result>(
  copy: BenchDatabase,
  count: number,
  clients: readonly pg.Client[],
  work: (clients: readonly pg.Client[]) => Promise<Result>,
): Promise<Result> {
  if (count === 0) return work(clients);
  return copy.asSuperuser(async (client) => {
    await client.query('set search_path = billing');
    return withClients(copy, count - 1, [...clients, client], work);
  });
}

/** Each side's balances are those of its transfers. */
async function assertAddsUp(database: Database<unknown>, client: pg.Client): Promise<void> {
  const { differenceCents } = await trialBalance(database.kysely);
  const { rows } = await client.query<{ name: string; differs: boolean }>(
    `select 'ledger' as name, (select sum(debited_cents) from ledger_balance)
         is distinct from (select sum(amount_cents) from ledger_transfer) as differs
     union all
     select 'one by one', (select sum(credited_cents) from peer_account)
         is distinct from (select sum(amount_cents) from peer_transfer)`,
  );
  const wrong = rows.filter((row) => row.differs).map((row) => row.name);
  if (differenceCents !== 0 || wrong.length > 0)
    throw new Error(`balances are not their transfers: ${wrong.join(', ')}`);
}
