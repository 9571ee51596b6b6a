import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cents } from '@wewrite/contracts';
import { sql } from 'kysely';
import { openTestBooks, type TestBooks, transfer } from '../tests/test-books.ts';
import { balanceOf } from './balances.ts';

describe('posting', () => {
  let books: TestBooks;
  beforeAll(async () => {
    books = await openTestBooks();
  });
  afterAll(() => books.close());
  const balance = (accountId: string) => balanceOf(books.database.kysely, accountId);

  test('a transfer raises both of its accounts on their normal sides', async () => {
    const posting = await books.post([transfer({ credit: 'supporter_funds:ben:2026-11', amountCents: 1200 })]);
    expect(posting).toEqual({ posted: 1, replayed: 0 });
    expect(await balance('stripe:pending')).toBe(1200);
    expect(await balance('supporter_funds:ben:2026-11')).toBe(1200);
  });

  test('nothing to post is nothing posted', async () => {
    expect(await books.post([])).toEqual({ posted: 0, replayed: 0 });
  });

  test('a replay changes nothing and is counted, alone, beside new ones and twice in a batch', async () => {
    const known = transfer({ credit: 'supporter_funds:replay:2026-11' });
    const fresh = transfer({ credit: 'supporter_funds:replay:2026-11' });
    await books.post([known]);
    expect(await books.post([known], new Date('2027-01-01T00:00:00.000Z'))).toEqual({ posted: 0, replayed: 1 });
    expect(await books.post([fresh, known, fresh])).toEqual({ posted: 1, replayed: 2 });
    expect(await balance('supporter_funds:replay:2026-11')).toBe(200);
  });

  test.each([
    ['amount', { amountCents: 101 }],
    ['account', { credit: 'supporter_funds:bob:2026-11' }],
    ['cause', { causeEventId: 'another' }],
    ['time', { occurredAt: new Date('2026-11-15T12:00:00.001Z') }],
  ])('a known key with another %s is refused by name, and its batch with it', async (what, other) => {
    const known = transfer({ idempotencyKey: `known:${what}`, credit: 'supporter_funds:cleo:2026-11' });
    await books.post([known]);
    const before = await balance('stripe:pending');
    await expect(books.post([transfer(), { ...known, ...transfer({ ...known, ...other }) }])).rejects.toThrow(
      `idempotency key known:${what} was posted before with other content`,
    );
    expect(await balance('stripe:pending')).toBe(before);
  });

  test('one batch may say two things with one key in no order', async () => {
    const first = transfer({ amountCents: 1 });
    await expect(books.post([first, { ...first, amountCents: cents(2) }])).rejects.toThrow('other content');
  });

  test('a correction names the transfer that it corrects, which must exist', async () => {
    const wrong = transfer();
    await books.post([wrong]);
    const { debit, credit } = wrong;
    await books.post([transfer({ kind: 'correction', debit: credit, credit: debit, corrects: wrong.idempotencyKey })]);
    await expect(books.post([transfer({ corrects: 'never posted' })])).rejects.toThrow('ledger_transfer_corrects_fkey');
  });

  test('a rehearsal does not reach the ledger, by the function or around it', async () => {
    await expect(books.post([transfer({ idempotencyKey: 'try', runKind: 'rehearsal' })])).rejects.toThrow(
      'a rehearsal reached the ledger: try',
    );
    expect(await books.post([transfer({ runKind: 'close' })])).toEqual({ posted: 1, replayed: 0 });
  });

  test('an account outside the chart is never opened', async () => {
    await expect(books.post([transfer({ credit: 'suporter_funds:anna:2026-11' })])).rejects.toThrow(
      'account suporter_funds:anna:2026-11 is not in the chart of accounts',
    );
  });

  test('bounds hold for the batch as a whole: through below the minimum and back is allowed, ending there is not', async () => {
    const out = (id: string, amountCents: number) =>
      transfer({ debit: `supporter_funds:${id}`, credit: 'losses:x', amountCents });
    const into = (id: string, amountCents: number) => transfer({ credit: `supporter_funds:${id}`, amountCents });
    expect(await books.post([out('d', 70), into('d', 100)])).toEqual({ posted: 2, replayed: 0 });
    await expect(books.post([out('d', 31)])).rejects.toThrow('ledger_account_within_bounds');
    expect(await balance('supporter_funds:d')).toBe(30);
  });

  test('bounds hold for hot accounts, also once their movements are folded in', async () => {
    const fund = (amountCents: number) => transfer({ credit: 'allocated:2026-11', amountCents });
    const earn = (amountCents: number) =>
      transfer({ debit: 'allocated:2026-11', credit: 'platform_revenue:fees', amountCents });
    await books.post([fund(100)]);
    await books.post([fund(100)]);
    await books.post([earn(150)]);
    await expect(books.post([earn(51)])).rejects.toThrow('ledger_account_within_bounds');
    await books.post([earn(50)]);
    expect(await balance('allocated:2026-11')).toBe(0);
  });

  test('ids keep what users put in them: quotes, commas, braces, backslashes, unicode', async () => {
    const odd = String.raw`supporter_funds:a"b,c{d}\e f_%.-é😀NULL:2026-11`;
    await books.post([transfer({ idempotencyKey: `odd:${odd}`, credit: odd })]);
    expect(await balance(odd)).toBe(100);
  });

  test('movements of hot accounts are folded into them in passing', async () => {
    for (let batch = 0; batch < 600; batch++)
      await books.post([transfer({ amountCents: 1, debit: 'losses:x', credit: 'platform_revenue:fees' })]);
    const unfolded = await sql<{ count: number }>`
      select count(*) from ledger_hot_movement where account_id = 'platform_revenue:fees'`.execute(
      books.database.kysely,
    );
    expect(unfolded.rows[0]?.count).toBeLessThan(600);
    expect(await balance('platform_revenue:fees')).toBe(800);
  });
});
