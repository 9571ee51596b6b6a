import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RawBuilder, sql } from 'kysely';
import { openTestBooks, type TestBooks, transfer } from '../tests/test-books.ts';
import { trialBalance } from './balances.ts';

const insertTransfer = (values: Partial<Record<string, string | number>>): RawBuilder<unknown> => {
  const row = {
    amount_cents: 1,
    occurred_at: '2026-11-15T12:00:00Z',
    recorded_at: '2026-11-15T12:00:00Z',
    debit_account_id: 'stripe:pending',
    credit_account_id: 'supporter_funds:anna:2026-11',
    currency: 'usd',
    kind: 'correction',
    month: '2026-11',
    idempotency_key: 'by hand',
    ...values,
  };
  return sql`insert into ledger_transfer (${sql.join(Object.keys(row).map((name) => sql.ref(name)))})
    values (${sql.join(Object.values(row))})`;
};

describe('the database refuses the runtime role', () => {
  let books: TestBooks;
  beforeAll(async () => {
    books = await openTestBooks();
    const others = ['allocated:2026-11', 'capped:full'].map((credit) => transfer({ credit }));
    await books.post([transfer({ idempotencyKey: 'first' }), ...others]);
  });
  afterAll(() => books.close());

  const denied = 'permission denied for table';
  test.each<[string, RawBuilder<unknown>, string]>([
    ['changing a transfer', sql`update ledger_transfer set amount_cents = 1`, denied],
    ['removing a transfer', sql`delete from ledger_transfer`, denied],
    ['emptying the transfers', sql`truncate ledger_transfer cascade`, denied],
    [
      'replacing a transfer',
      sql`merge into ledger_transfer using (select 1) as one on true when matched then delete`,
      denied,
    ],
    ['numbering a transfer', insertTransfer({ id: 1 }), 'cannot insert a non-DEFAULT value'],
    ['changing a balance', sql`update ledger_account set credited_cents = 1`, denied],
    ['moving a bound', sql`update ledger_account set minimum_cents = null`, denied],
    ['removing an account', sql`delete from ledger_account`, denied],
    [
      'opening an account with money in it',
      sql`insert into ledger_account (id, type, currency, debited_cents)
      values ('losses:mine', 'expense', 'usd', 1)`,
      denied,
    ],
    [
      'moving a hot account alone',
      sql`insert into ledger_hot_movement (account_id, debited_cents, credited_cents)
      values ('stripe:pending', 1, 0)`,
      denied,
    ],
    ['removing hot movements', sql`delete from ledger_hot_movement`, denied],
    ['writing through a view', sql`delete from ledger_balance`, 'cannot delete from view'],
    ['folding by hand', sql`select ledger_fold_hot_movements('{stripe:pending}')`, 'permission denied for function'],
    ['switching the checks off', sql`alter table ledger_transfer disable trigger all`, 'must be owner of table'],
    ['an account against itself', insertTransfer({ credit_account_id: 'stripe:pending' }), 'ledger_transfer_balances'],
    ['an amount of 0', insertTransfer({ amount_cents: 0 }), 'ledger_transfer_amount_cents_check'],
    ['a negative amount', insertTransfer({ amount_cents: -1 }), 'ledger_transfer_amount_cents_check'],
    ['another currency', insertTransfer({ currency: 'eur' }), 'is kept in usd, not in eur'],
    [
      'another currency between cold accounts',
      insertTransfer({
        debit_account_id: 'supporter_funds:anna:2026-11',
        credit_account_id: 'capped:full',
        currency: 'eur',
      }),
      'is kept in usd, not in eur',
    ],
    [
      'another currency between hot accounts',
      insertTransfer({ credit_account_id: 'allocated:2026-11', currency: 'eur' }),
      'is kept in usd, not in eur',
    ],
    ['an unknown cold account', insertTransfer({ credit_account_id: 'nobody' }), 'account nobody does not exist'],
    ['a used key', insertTransfer({ idempotency_key: 'first' }), 'ledger_transfer_idempotency_key_key'],
    ['an unknown transfer to correct', insertTransfer({ corrects: 'nothing' }), 'ledger_transfer_corrects_fkey'],
    ['a rehearsal', insertTransfer({ run_kind: 'rehearsal' }), 'ledger_transfer_run_kind_check'],
    ['a month that is none', insertTransfer({ month: '2026-13' }), 'ledger_transfer_month_check'],
    [
      'a cold balance beyond its bounds',
      insertTransfer({
        debit_account_id: 'supporter_funds:anna:2026-11',
        credit_account_id: 'stripe:pending',
        amount_cents: 101,
      }),
      'ledger_account_within_bounds',
    ],
    [
      'a balance above its maximum',
      insertTransfer({ credit_account_id: 'capped:full' }),
      'ledger_account_within_bounds',
    ],
    [
      'a hot balance beyond its bounds',
      insertTransfer({ debit_account_id: 'allocated:2026-11', credit_account_id: 'stripe:pending', amount_cents: 101 }),
      'ledger_account_within_bounds',
    ],
  ])('%s', async (_what, statement, reason) => {
    await expect(statement.execute(books.database.kysely)).rejects.toThrow(reason);
    expect(await trialBalance(books.database.kysely)).toMatchObject({
      types: [
        { type: 'asset', balanceCents: 300 },
        { type: 'liability', balanceCents: 300 },
      ],
      differenceCents: 0,
    });
  });

  test('a transfer added by hand moves the balances all the same', async () => {
    await insertTransfer({}).execute(books.database.kysely);
    const { types } = await trialBalance(books.database.kysely);
    expect(types.map((total) => total.balanceCents)).toEqual([301, 301]);
  });
});
