import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chart, noon, openTestBooks, type TestBooks, transfer } from '../tests/test-books.ts';
import { balanceOf, balances, sumOfBalances, trialBalance } from './balances.ts';
import { postTransfers } from './post-transfers.ts';

describe('many at once', () => {
  let books: TestBooks;
  beforeAll(async () => {
    books = await openTestBooks();
  });
  afterAll(() => books.close());

  const clients = Array.from({ length: 8 }, (_, client) => client);

  test('eight clients on the same accounts, in every order: no deadlock, and every cent arrives', async () => {
    const account = (number: number) => `supporter_funds:shared-${number % 12}`;
    const outcomes = await Promise.all(
      clients.map(async (client) => {
        let posted = 0;
        for (let round = 0; round < 20; round++) {
          const batch = Array.from({ length: 24 }, (_, index) =>
            transfer({
              credit: account((client % 2 === 0 ? index : 24 - index) * 5 + round),
              amountCents: 1 + (index % 3),
            }),
          );
          posted += (await books.post(batch)).posted;
        }
        return posted;
      }),
    );
    expect(outcomes).toEqual(clients.map(() => 480));
    expect(await sumOfBalances(books.database.kysely, { prefix: 'supporter_funds:shared-' })).toBe(8 * 20 * 48);
    expect(await balanceOf(books.database.kysely, 'stripe:pending')).toBe(8 * 20 * 48);
    expect((await trialBalance(books.database.kysely)).differenceCents).toBe(0);
  });

  test('the same batch from eight clients in eight orders is posted once', async () => {
    const batch = Array.from({ length: 40 }, (_, index) => transfer({ credit: `supporter_funds:once-${index % 7}` }));
    const outcomes = await Promise.all(
      clients.map((client) => books.post([...batch.slice(client * 5), ...batch.slice(0, client * 5)])),
    );
    expect(outcomes.reduce((sum, outcome) => sum + outcome.posted, 0)).toBe(40);
    expect(outcomes.reduce((sum, outcome) => sum + outcome.replayed, 0)).toBe(7 * 40);
    expect(await sumOfBalances(books.database.kysely, { prefix: 'supporter_funds:once-' })).toBe(4000);
  });

  test.each([
    ['cold', 'supporter_funds:race'],
    ['hot', 'allocated:2026-12'],
  ])('a %s account with money for five takes five of forty withdrawals', async (_which, account) => {
    await books.post([transfer({ credit: account, amountCents: 500 })]);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, () => books.post([transfer({ debit: account, credit: 'losses:race' })])),
    );
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(5);
    expect(await balanceOf(books.database.kysely, account)).toBe(0);
  });

  test('batches on a hot account do not wait for each other', async () => {
    const post = () => transfer({ debit: 'stripe:pending', credit: 'allocated:2027-01' });
    await books.post([post()]);
    await books.database.transaction(async (first) => {
      await postTransfers(first, chart, [post()], noon);
      await books.database.transaction((second) => postTransfers(second, chart, [post()], noon));
      expect(await balances(first, { ids: ['allocated:2027-01'] })).toEqual(new Map([['allocated:2027-01', 300]]));
    });
  });
});
