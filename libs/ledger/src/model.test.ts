import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readSystemTestConfig } from '../../../tests/config.ts';
import { openTestBooks, type TestBooks, transfer } from '../tests/test-books.ts';
import { balances, trialBalance } from './balances.ts';
import type { NewTransfer } from './post-transfers.ts';

/** A ledger of one Map: what the database must do, written without its code, its chart or its sign function. */
class Model {
  readonly balances = new Map<string, number>();
  private readonly contents = new Map<string, string>();

  /** The number of new transfers, or null when the batch is refused and nothing changes. */
  post(batch: readonly NewTransfer[]): number | null {
    const after = new Map(this.balances);
    const contents = new Map(this.contents);
    for (const each of batch) {
      const content = JSON.stringify([each.debit, each.credit, each.amountCents, each.kind]);
      const known = contents.get(each.idempotencyKey);
      if (known !== undefined && known !== content) return null;
      if (each.debit === each.credit || each.amountCents <= 0) return null;
      for (const account of [each.debit, each.credit]) if (!after.has(account)) after.set(account, 0);
      if (known !== undefined) continue;
      contents.set(each.idempotencyKey, content);
      const growsByDebit = (account: string) => account.startsWith('stripe:') || account.startsWith('losses:');
      after.set(
        each.debit,
        (after.get(each.debit) ?? 0) + (growsByDebit(each.debit) ? each.amountCents : -each.amountCents),
      );
      after.set(
        each.credit,
        (after.get(each.credit) ?? 0) + (growsByDebit(each.credit) ? -each.amountCents : each.amountCents),
      );
    }
    for (const [account, balance] of after) {
      if (/^(supporter_funds|allocated):/.test(account) && balance < 0) return null;
      if (account.startsWith('capped:') && (balance < -50 || balance > 100)) return null;
    }
    const posted = contents.size - this.contents.size;
    for (const [account, balance] of after) this.balances.set(account, balance);
    for (const [key, content] of contents) this.contents.set(key, content);
    return posted;
  }
}

const hotAccounts = ['stripe:pending', 'platform_revenue:fees'];
const runOwnAccounts = ['allocated:x', 'supporter_funds:a', 'supporter_funds:b', 'capped:c', 'losses:d', 'capital:e'];

const accounts = fc.constantFrom(...hotAccounts, ...runOwnAccounts);
const rarely = fc.integer({ min: 0, max: 99 }).map((number) => number === 7);
/** Transfers with keys of their own, posted in batches that repeat them and, now and then, say something else with a key. */
const commands = fc.record({
  transfers: fc.array(fc.record({ debit: accounts, credit: accounts, amountCents: fc.integer({ min: 1, max: 40 }) }), {
    minLength: 40,
    maxLength: 40,
  }),
  batches: fc.array(
    fc.array(fc.record({ key: fc.integer({ min: 0, max: 39 }), altered: rarely, empty: rarely }), {
      minLength: 1,
      maxLength: 6,
    }),
    { minLength: 1, maxLength: 25 },
  ),
});

const { seed, ledgerCommands } = readSystemTestConfig();
/** What a run has on average, as it is drawn above. */
const transfersPerRun = 50;

describe('against a model', () => {
  let books: TestBooks;
  beforeAll(async () => {
    books = await openTestBooks();
  });
  afterAll(() => books.close());

  let runs = 0;
  const shared = new Model();

  const numRuns = Math.ceil(ledgerCommands / transfersPerRun);
  const timeoutMs = 60_000 + ledgerCommands * 10;

  test(
    'whatever is posted, accepted or refused, the ledger stands where the model stands',
    async () => {
      await fc.assert(
        fc.asyncProperty(commands, async ({ transfers: candidates, batches }) => {
          // Runs share one database: each has accounts and keys of its own, but for the hot accounts.
          const run = ++runs;
          const own = (account: string) => (hotAccounts.includes(account) ? account : `${account}:${run}`);
          const funding = ['allocated:x', 'supporter_funds:a', 'supporter_funds:b'].map((account) =>
            transfer({ credit: own(account), amountCents: 200 }),
          );
          expect(await books.post(funding)).toMatchObject({ posted: shared.post(funding) });
          for (const batch of batches) {
            const transfers = batch.map(({ key, altered, empty }) => {
              const { debit, credit, amountCents } = candidates[key]!;
              return transfer({
                idempotencyKey: `${run}:${key}`,
                debit: own(debit),
                credit: own(credit),
                amountCents: empty ? 0 : amountCents + (altered ? 1 : 0),
              });
            });
            const expected = shared.post(transfers);
            const posted = await books.post(transfers).then(
              (posting) => posting.posted,
              () => null,
            );
            expect(posted).toBe(expected);
          }
          const ids = [...hotAccounts, ...runOwnAccounts.map(own)].filter((id) => shared.balances.has(id));
          const stands = await balances(books.database.kysely, { ids });
          expect(stands).toEqual(new Map(ids.sort().map((id) => [id, shared.balances.get(id)])));
          expect((await trialBalance(books.database.kysely)).differenceCents).toBe(0);
        }),
        { seed, numRuns },
      );
    },
    timeoutMs,
  );
});
