import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  balanceAdjusted,
  cents,
  closingKey,
  type Equation,
  earningsCalculated,
  type LockedChunk,
  type LockedClosing,
  monthLocked,
  UserIdSchema,
} from '@wewrite/contracts';
import { idOfCause, type Outbox, openDatabase } from '@wewrite/service-kit';
import { type RawBuilder, sql } from 'kysely';
import { checkBooks, type Stage } from '../src/close/check-books.ts';
import type { BillingSchema } from '../src/db.ts';
import { chunkOf, closing, earned, run, supporters } from './locked-month.ts';
import { eventually, type RunningBilling, startBilling } from './running-billing.ts';

let billing: RunningBilling;
const chunks = supporters.map((supporter, index) => chunkOf(index, [supporter]));

const sayLocked = (body: LockedChunk | LockedClosing, messageId?: string) => {
  const key = body.part === 'chunk' ? `${run.runId}:${body.chunk}` : closingKey(run.runId);
  return billing.harness.say(monthLocked, { key, body, id: messageId ?? idOfCause('month.locked', key) });
};

/** A month that is locked and whose earnings are posted, in order to the cent. */
beforeAll(async () => {
  billing = await startBilling('2026-11-01T00:00:00.000Z');
  await billing.subscribe('anna', 1_000);
  await billing.subscribe('ben', 800);
  await billing.subscribe('cleo', 200);
  await billing.at('2026-12-01T00:30:00.000Z');
  for (const chunk of chunks) await sayLocked(chunk);
  await sayLocked(closing);
  for (const body of earned) {
    const key = body.part === 'writer' ? body.recipientUserId : closingKey(run.runId);
    await billing.harness.say(earningsCalculated, { key, body, id: idOfCause('earnings.calculated', key) });
  }
  await billing.settled();
});
afterAll(() => billing.stop());

describe('the books of a month', () => {
  /** The equations that differ once something was done to the tables by hand, which is undone again. */
  async function differencesAfter(planted: RawBuilder<unknown>, stage: Stage): Promise<string[]> {
    const url = billing.harness.ownerUrl('billing');
    const database = openDatabase<BillingSchema>({ url, name: 'test', maxConnections: 1 });
    const equations: Equation[] = [];
    const emit: Outbox['emit'] = async (_tx, topic, messages) => {
      for (const { body } of messages) {
        const checked: unknown = topic.schema.parse(body);
        if (isChecked(checked)) equations.push(...checked.equations);
      }
    };
    const outbox: Outbox = { emit, emitBlobs: async () => undefined };
    const undone = new Error('the test has seen enough');
    await database
      .transaction(async (tx) => {
        await planted.execute(tx);
        await checkBooks(tx, { outbox, clock: billing.harness.clock }, { run, stage });
        throw undone;
      })
      .catch((error: unknown) => {
        if (error !== undone) throw error;
      });
    await database.close();
    return equations.flatMap(({ name, differenceCents }) => (differenceCents === 0 ? [] : [name]));
  }

  const counted = (series: string, counter: number) => sql`
    update completion set done[${sql.lit(counter)}] = done[${sql.lit(counter)}] + 1 where series = ${series}`;
  const moved = (account: string, by: { debited?: number; credited?: number }) => sql`
    update ledger_account
    set debited_cents = debited_cents + ${by.debited ?? 0}, credited_cents = credited_cents + ${by.credited ?? 0}
    where id = ${account}`;

  test.each<[Stage]>([['lock_books'], ['earnings_books']])('B5: in order, nothing differs (%s)', async (stage) => {
    expect(await differencesAfter(sql`select`, stage)).toEqual([]);
  });

  test.each<[string, Stage, RawBuilder<unknown>]>([
    ['trial balance: debits = credits', 'earnings_books', moved('stripe:fees', { debited: 1 })],
    ['paid = funded + unallocated', 'earnings_books', counted('lock_books', 4)],
    ['allocated in the ledger = funded lines', 'lock_books', moved('allocated:2026-11', { debited: 1, credited: 1 })],
    [
      'earned in the ledger = fees + net of writer months',
      'earnings_books',
      moved('allocated:2026-11', { debited: 1, credited: 1 }),
    ],
    ['gross = fees + net', 'earnings_books', counted('earnings_books', 3)],
    ['allocated of the month is given to writers', 'earnings_books', moved('allocated:2026-11', { credited: 1 })],
    [
      'supporter funds of the locked month = disputes still open',
      'lock_books',
      moved('supporter_funds:anna:2026-11', { credited: 1 }),
    ],
    [
      'supporter funds paid − taken back = funding at its close',
      'lock_books',
      moved('supporter_funds:anna:2026-11', { debited: 1, credited: 1 }),
    ],
    ['paid budget of the lock = funding at its close', 'lock_books', counted('lock_books', 4)],
  ])('B5: a cent that is not where it should be shows: %s', async (name, stage, planted) => {
    expect(await differencesAfter(planted, stage)).toContain(name);
  });
});

describe('what a lock says of a chunk', () => {
  const parked = async () => {
    const { kysely } = billing.harness.database<BillingSchema>('billing');
    const { rows } = await sql<{ reason: string }>`select reason from parked_message order by parked_at`.execute(
      kysely,
    );
    return rows.map(({ reason }) => reason);
  };

  test('B2: chunks that come again under another message id are refused as posted, and take nothing', async () => {
    const before = await billing.standing('platform_revenue:unallocated', 'creator_obligations');
    for (const chunk of chunks) await sayLocked(chunk, `chunk ${chunk.chunk} again`);
    await billing.settled();
    expect(await parked()).toEqual(chunks.map(() => expect.stringContaining('was posted before with other content')));
    expect(await billing.standing('platform_revenue:unallocated', 'creator_obligations')).toEqual(before);
  });

  test('B3: a chunk whose parts are not what was paid is put aside', async () => {
    const whole = chunkOf(0, supporters.slice(0, 1));
    const unallocatedCents = whole.supporters.unallocatedCents.map((amount) => cents(amount + 1));
    await sayLocked({ ...whole, supporters: { ...whole.supporters, unallocatedCents } }, 'a wrong chunk');
    await billing.settled();
    expect((await parked()).at(-1)).toContain('B3: funds of anna');
  });
});

function isChecked(body: unknown): body is { equations: readonly Equation[] } {
  return typeof body === 'object' && body !== null && 'equations' in body && Array.isArray(body.equations);
}

describe('a run of batches that changes the books of a month', () => {
  test('B5: is followed by one check, which sees all of it', async () => {
    const database = openDatabase<BillingSchema>({
      url: billing.harness.ownerUrl('billing'),
      name: 'test',
      maxConnections: 1,
    });
    // As a replica that is at a check: nobody else begins one.
    const checker = await database.connect();
    await checker.query('select pg_advisory_lock(7117204)');
    const before = (await billing.standing('creator_obligations')).creator_obligations;
    for (let batch = 0; batch < 10; batch++) {
      const adjustmentId = idOfCause('adjustment', 'receivable_repaid', batch);
      await billing.harness.say(balanceAdjusted, {
        key: 'wanda',
        id: idOfCause('balance.adjusted', adjustmentId),
        body: {
          adjustmentId,
          kind: 'receivable_repaid',
          reversalId: null,
          recipientUserId: UserIdSchema.parse('wanda'),
          month: run.month,
          currency: 'usd',
          obligationsFallCents: cents(1),
          receivableRiseCents: cents(-1),
          at: '2026-12-02T09:00:00.000Z',
        },
      });
      await eventually(
        async () => (await billing.standing('creator_obligations')).creator_obligations === before - batch - 1,
      );
    }
    const checks = () => billing.said.books.filter(({ stage }) => stage === 'reversal_books');
    expect(checks()).toEqual([]);
    await checker.end();
    await database.close();
    await billing.settled();
    expect(checks()).toMatchObject([{ sums: { creatorObligationsCents: before - 10 } }]);
  });
});
