import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cutoffOf, month } from '@wewrite/contracts';
import { openTestBooks, type TestBooks, transfer } from '../tests/test-books.ts';
import { balanceAt, balanceOf, balances, sumOfBalances, trialBalance } from './balances.ts';
import { listAccounts } from './list-accounts.ts';
import { listTransfers, type Transfer } from './list-transfers.ts';

const november = month('2026-11');
const december = month('2026-12');

describe('reading the books', () => {
  let books: TestBooks;
  beforeAll(async () => {
    books = await openTestBooks();
    const lastMoment = new Date(cutoffOf(november).getTime() - 1);
    const payment = (user: string, of: typeof november, occurredAt: Date, amountCents: number) =>
      transfer({
        idempotencyKey: `payment:${user}:${of}`,
        month: of,
        credit: `supporter_funds:${user}:${of}`,
        occurredAt,
        amountCents,
      });
    await books.post([payment('b_b', november, lastMoment, 300), payment('ä', november, lastMoment, 500)], lastMoment);
    await books.post([payment('bxb', december, cutoffOf(november), 700)], new Date('2026-12-02T00:00:00.000Z'));
    await books.post(
      [
        transfer({
          idempotencyKey: 'loss',
          kind: 'write_off',
          debit: 'losses:disputes',
          credit: 'stripe:pending',
          occurredAt: lastMoment,
        }),
      ],
      new Date('2026-12-03T00:00:00.000Z'),
    );
  });
  afterAll(() => books.close());

  test('an account that was never opened stands at 0', async () => {
    expect(await balanceOf(books.database.kysely, 'nobody')).toBe(0);
    expect(await balanceAt(books.database.kysely, 'nobody', cutoffOf(november), 'occurredAt')).toBe(0);
    expect(await sumOfBalances(books.database.kysely, { prefix: 'nobody' })).toBe(0);
  });

  test('balances come by id or by prefix and suffix, in byte order', async () => {
    const { kysely } = books.database;
    expect([...(await balances(kysely, { prefix: 'supporter_funds:', suffix: ':2026-11' }))]).toEqual([
      ['supporter_funds:b_b:2026-11', 300],
      ['supporter_funds:ä:2026-11', 500],
    ]);
    expect([...(await balances(kysely, { prefix: 'supporter_funds:b_' })).keys()]).toEqual([
      'supporter_funds:b_b:2026-11',
    ]);
    expect([...(await balances(kysely, { ids: ['stripe:pending', 'nobody'] }))]).toEqual([['stripe:pending', 1400]]);
    expect(await sumOfBalances(kysely, { prefix: 'supporter_funds:' })).toBe(1500);
  });

  test('a past balance is that before the moment, by what was so or by what was written', async () => {
    const at = (moment: Date, by: 'occurredAt' | 'recordedAt') =>
      balanceAt(books.database.kysely, 'stripe:pending', moment, by);
    expect(await at(cutoffOf(november), 'occurredAt')).toBe(700);
    expect(await at(cutoffOf(november), 'recordedAt')).toBe(800);
    expect(await at(new Date(cutoffOf(november).getTime() + 1), 'occurredAt')).toBe(1400);
    expect(await at(new Date('2026-12-03T00:00:00.001Z'), 'recordedAt')).toBe(1400);
  });

  test('the trial balance sums both sides of every type, and they agree', async () => {
    expect(await trialBalance(books.database.kysely)).toEqual({
      types: [
        { type: 'asset', debitCents: 1500, creditCents: 100, balanceCents: 1400 },
        { type: 'expense', debitCents: 100, creditCents: 0, balanceCents: 100 },
        { type: 'liability', debitCents: 0, creditCents: 1500, balanceCents: 1500 },
      ],
      differenceCents: 0,
    });
  });

  test('pages of accounts join up without gap or repetition', async () => {
    const first = await listAccounts(books.database.kysely, { prefix: '', after: null, limit: 3 });
    const second = await listAccounts(books.database.kysely, { prefix: '', after: first.next, limit: 3 });
    expect([...first.accounts, ...second.accounts].map((account) => account.id)).toEqual([
      'losses:disputes',
      'stripe:pending',
      'supporter_funds:b_b:2026-11',
      'supporter_funds:bxb:2026-12',
      'supporter_funds:ä:2026-11',
    ]);
    expect(second.next).toBeNull();
    expect(second.accounts[0]).toEqual({
      id: 'supporter_funds:bxb:2026-12',
      type: 'liability',
      currency: 'usd',
      minimumCents: 0,
      maximumCents: null,
      debitCents: 0,
      creditCents: 700,
      balanceCents: 700,
    });
  });

  test('pages of transfers come in the order of writing, by account, kind and month', async () => {
    const { kysely } = books.database;
    const keysOf = (transfers: readonly Transfer[]) => transfers.map((each) => each.idempotencyKey);
    const first = await listTransfers(kysely, { account: 'stripe:pending', after: null, limit: 2 });
    const second = await listTransfers(kysely, { account: 'stripe:pending', after: first.next, limit: 2 });
    expect(keysOf(first.transfers)).toEqual(['payment:b_b:2026-11', 'payment:ä:2026-11']);
    expect(keysOf(second.transfers)).toEqual(['payment:bxb:2026-12', 'loss']);
    expect(second.next).toBeNull();
    expect(keysOf((await listTransfers(kysely, { kind: 'write_off', after: null, limit: 9 })).transfers)).toEqual([
      'loss',
    ]);
    const { transfers } = await listTransfers(kysely, { month: december, after: null, limit: 9 });
    expect(transfers).toEqual([
      {
        id: expect.any(Number),
        idempotencyKey: 'payment:bxb:2026-12',
        kind: 'subscription_payment',
        month: december,
        debit: 'stripe:pending',
        credit: 'supporter_funds:bxb:2026-12',
        amountCents: 700,
        currency: 'usd',
        occurredAt: cutoffOf(november),
        recordedAt: new Date('2026-12-02T00:00:00.000Z'),
        causeEventId: null,
        stripeId: null,
        corrects: null,
      },
    ]);
  });
});
