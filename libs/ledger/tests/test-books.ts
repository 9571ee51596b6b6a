import { type Cents, cents, month } from '@wewrite/contracts';
import { createTestDatabase } from '@wewrite/local-stack/testing';
import { type Database, kitMigrations, migrate, migrationsHash, openDatabase } from '@wewrite/service-kit';
import { defineChart, ledgerMigrations, type NewTransfer, type Posting, postTransfers } from '../src/index.ts';

/** Every kind of account there is: hot and cold, bounded and not, of each normal side. */
export const chart = defineChart({
  'stripe:pending': { type: 'asset', currency: 'usd', hot: true },
  'platform_revenue:fees': { type: 'income', currency: 'usd', hot: true },
  'allocated:': { type: 'liability', currency: 'usd', minimumCents: cents(0), hot: true },
  'supporter_funds:': { type: 'liability', currency: 'usd', minimumCents: cents(0) },
  'capped:': { type: 'liability', currency: 'usd', minimumCents: cents(-50), maximumCents: cents(100) },
  'losses:': { type: 'expense', currency: 'usd' },
  'capital:': { type: 'equity', currency: 'usd' },
});

/** The ledger in a schema of its own, used with the runtime role as a service would. */
export interface TestBooks {
  readonly database: Database<unknown>;
  readonly ownerUrl: string;
  /** Posts in a transaction that is not tried again, so that a deadlock shows. */
  post(transfers: readonly NewTransfer[], recordedAt?: Date): Promise<Posting>;
  close(): Promise<void>;
}

export async function openTestBooks(): Promise<TestBooks> {
  // The kit's come first in every service, and give the runtime role all rights on tables: the ledger takes its own away.
  const sources = [kitMigrations, ledgerMigrations];
  const testDatabase = await createTestDatabase({
    services: ['books'],
    templateKey: await migrationsHash(sources),
    migrate: async (urls) => {
      await migrate({ ownerUrl: urls.books.ownerUrl, schema: 'books', sources });
    },
  });
  const { appUrl, ownerUrl } = testDatabase.urls.books;
  const database = openDatabase<unknown>({ url: appUrl, name: 'ledger-test', maxConnections: 10 });
  return {
    database,
    ownerUrl,
    post: (transfers, recordedAt = noon) =>
      database.kysely.transaction().execute((tx) => postTransfers(tx, chart, transfers, recordedAt)),
    close: async () => {
      await database.close();
      await testDatabase.drop();
    },
  };
}

export const noon = new Date('2026-11-15T12:00:00.000Z');

let keys = 0;

/** A payment of 100 ¢ with a key of its own; give what matters. */
export function transfer(
  given: Partial<Omit<NewTransfer, 'amountCents'>> & { amountCents?: number } = {},
): NewTransfer {
  const amountCents: Cents = cents(given.amountCents ?? 100);
  return {
    idempotencyKey: `test:${++keys}`,
    kind: 'subscription_payment',
    month: month('2026-11'),
    debit: 'stripe:pending',
    credit: 'supporter_funds:anna:2026-11',
    currency: 'usd',
    occurredAt: noon,
    causeEventId: null,
    stripeId: null,
    corrects: null,
    runKind: null,
    ...given,
    amountCents,
  };
}
