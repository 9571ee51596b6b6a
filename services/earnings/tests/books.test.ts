import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { booksChecked, paymentReversed, UserIdSchema } from '@wewrite/contracts';
import { idOfCause, type Outbox, openDatabase } from '@wewrite/service-kit';
import { type RawBuilder, sql } from 'kysely';
import { assertEarningsAddUp, checkEarnings, checkLines, checkReversals } from '../src/check-books.ts';
import type { Context, Schema, Tx } from '../src/db.ts';
import { type EarningsService, startEarnings } from './earnings-service.ts';
import { calculateMonth, runOf, type Supporter } from './locked-month.ts';

const run = runOf('2026-11');
const line = (resourceId: string, recipientUserId: string, usdCents: number) =>
  ({ resourceType: 'page', resourceId, recipientUserId, usdCents }) as const;
const supporters: readonly Supporter[] = [
  { userId: 'ann', paidCents: 1_000, lines: [line('p1', 'wanda', 500), line('p2', 'walt', 300)] },
  { userId: 'ben', paidCents: 500, lines: [line('p1', 'wanda', 500)] },
];

let service: EarningsService;
let context: Context;

/** A month that is calculated, of which a part was refunded, in order to the cent. */
beforeAll(async () => {
  service = await startEarnings({
    surround: (given) => {
      context = given;
      return given;
    },
  });
  await calculateMonth(service, run, supporters, 1);
  const body = paymentReversed.schema.parse({
    reversalId: idOfCause('test', 'refund'),
    kind: 'refund',
    settles: null,
    currency: 'usd',
    at: '2026-12-05T10:00:00.000Z',
    userId: 'ann',
    month: run.month,
    amountCents: 500,
    invoiceId: 'in_1',
    stripeId: 're_1',
  });
  await service.harness.say(paymentReversed, { key: UserIdSchema.parse('ann'), body, id: 'a refund' });
  await service.harness.settled();
});
afterAll(() => service.harness.stop());

type Check = (context: Context, tx: Tx) => Promise<unknown>;
const lines: Check = (given, tx) => checkLines(given, tx, run);
const earnings: Check = (given, tx) => checkEarnings(given, tx, run);
const reversals: Check = (given, tx) => checkReversals(given, tx, run);

/** The equations that differ once something was done to the tables by hand, which is undone again. */
async function differencesAfter(planted: RawBuilder<unknown>, check: Check): Promise<string[]> {
  const url = service.harness.ownerUrl('earnings');
  const database = openDatabase<Schema>({ url, name: 'test', maxConnections: 1 });
  const differences: string[] = [];
  const emit: Outbox['emit'] = async (_tx, _topic, messages) => {
    for (const { equations } of messages.map(({ body }) => booksChecked.schema.parse(body))) {
      differences.push(...equations.flatMap(({ name, differenceCents }) => (differenceCents === 0 ? [] : [name])));
    }
  };
  const undone = new Error('the test has seen enough');
  await database
    .transaction(async (tx) => {
      await planted.execute(tx);
      await check({ ...context, outbox: { emit, emitBlobs: async () => undefined } }, tx);
      throw undone;
    })
    .catch((error: unknown) => {
      if (error !== undone) throw error;
    })
    .finally(() => database.close());
  return differences;
}

const tooMuchGross = sql`
  update writer_month set gross_cents = gross_cents + 1, net_cents = net_cents + 1 where recipient_user_id = 'walt'`;

describe('the books of a month', () => {
  test.each([
    ['lines', lines],
    ['earnings', earnings],
    ['reversals', reversals],
  ])('B5: in order, nothing differs (%s)', async (_name, check) => {
    expect(await differencesAfter(sql`select`, check)).toEqual([]);
  });

  test.each<[string, Check, RawBuilder<unknown>]>([
    [
      'paid = funded + unallocated',
      lines,
      sql`do $$ begin
        alter table supporter_month drop constraint supporter_month_check;
        update supporter_month set paid_cents = paid_cents + 1 where user_id = 'ann';
      end $$`,
    ],
    [
      'funded parts of budgets = funded lines',
      earnings,
      sql`update supporter_month set funded_cents = funded_cents + 1, unallocated_cents = unallocated_cents - 1
        where user_id = 'ann'`,
    ],
    ['funded lines = gross of writers', earnings, tooMuchGross],
    [
      'gross of writers = platform fees + net',
      earnings,
      sql`do $$ begin
        alter table writer_month drop constraint writer_month_check;
        update writer_month set net_cents = net_cents - 1 where recipient_user_id = 'walt';
      end $$`,
    ],
    [
      'reversed = reversed lines + unallocated + suspense',
      reversals,
      sql`update line_reversal set taken_gross_cents = taken_gross_cents + 1 where recipient_user_id = 'walt'`,
    ],
    [
      'reversals that do not fit = none',
      reversals,
      sql`insert into waiting_reversal (reversal_id, month, refused_because)
        select reversal_id, month, 'does not fit' from reversal`,
    ],
  ])('B5: a cent that is not where it should be shows: %s', async (name, check, planted) => {
    expect(await differencesAfter(planted, check)).toContain(name);
  });

  test('C2: nothing is said of a month in which a line or a cent is missing', async () => {
    const say: Check = (_context, tx) => assertEarningsAddUp(tx, run);
    await expect(differencesAfter(tooMuchGross, say)).rejects.toThrow('C2: funded lines = gross of writers');
    await expect(
      differencesAfter(sql`update writer_month set line_count = line_count + 1 where recipient_user_id = 'walt'`, say),
    ).rejects.toThrow("C2: 3 lines, 4 in writers' months");
  });

  test.each([
    ['supporter_month', sql`update supporter_month set paid_cents = paid_cents + 1`],
    ['writer_month', sql`update writer_month set net_cents = net_cents - 1`],
  ])('B3, C1: the database itself refuses a %s that does not add up', async (table, planted) => {
    await expect(differencesAfter(planted, lines)).rejects.toThrow(`${table}_check`);
  });
});
