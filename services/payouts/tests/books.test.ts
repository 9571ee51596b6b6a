import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { booksChecked, type MessageOf, month, nextMonth } from '@wewrite/contracts';
import { openDatabase } from '@wewrite/service-kit';
import { type RawBuilder, sql } from 'kysely';
import { type PayoutHarness, startPayouts } from './payout-harness.ts';

let stack: PayoutHarness;
let books: MessageOf<typeof booksChecked>[];
let latest = month('2026-11');

/** A month of its own, whose completion has the books checked. */
async function earn(netByWriter: Readonly<Record<string, number>>): Promise<void> {
  latest = nextMonth(latest);
  await stack.earn(latest, netByWriter);
  await stack.settled();
}

async function byHand(statement: RawBuilder<unknown>): Promise<void> {
  const database = openDatabase({ url: stack.ownerUrl('payouts'), name: 'test', maxConnections: 1 });
  await statement.execute(database.kysely).finally(() => database.close());
}

function differences(): string[] {
  const last = books.toSorted((a, b) => b.version - a.version)[0];
  return (last?.equations ?? []).flatMap(({ name, differenceCents }) => (differenceCents === 0 ? [] : [name]));
}

/** A writer who is owed money, one whose money is held, and one who owes us. */
beforeAll(async () => {
  stack = await startPayouts('connect');
  books = await stack.hear(booksChecked);
  await earn({ owed: 4_000, held: 3_000, owing: 2_000 });
  await stack.holdEarnings('hold', { writer: 'held', month: latest, state: 'held', netCents: 1_000, version: 1 });
  await stack.reverseEarnings('refund', { kind: 'refund', month: latest, netByWriter: { owing: 2_500 } });
  await earn({ owed: 1 });
});
afterAll(() => stack.stop());

describe('the books of the sub-ledger', () => {
  test('B5: in order, nothing differs', () => {
    expect(books.length).toBeGreaterThan(0);
    expect(differences()).toEqual([]);
  });

  const moved = (account: string, cents: number) => sql`
    update ledger_account set credited_cents = credited_cents + ${cents}
    where id = ${account}`;
  test.each<[string, (cents: number) => RawBuilder<unknown>]>([
    ['trial balance', (cents) => moved('payable:owed', cents)],
    ['payable + in flight + held − receivable = control', (cents) => moved('payable:owed', cents)],
    [
      'held = kept back by holds',
      (cents) => sql`update writer_hold set held_cents = held_cents + ${cents} where user_id = 'held'`,
    ],
    [
      'receivable = taken back, not repaid or written off',
      (cents) => sql`update adjustment set receivable_cents = receivable_cents + ${cents} where user_id = 'owing'`,
    ],
  ])('B5: a cent that is not where it should be shows: %s', async (name, planted) => {
    await byHand(planted(1));
    await earn({ owed: 1 });
    expect(differences()).toContain(name);
    await byHand(planted(-1));
    await earn({ owed: 1 });
    expect(differences()).toEqual([]);
  });
});
