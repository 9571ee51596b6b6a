import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { booksChecked, type MessageOf, month, WriterPayoutPageSchema } from '@wewrite/contracts';
import { type PayoutHarness, startPayouts } from './payout-harness.ts';
import { until } from './until.ts';

const november = month('2026-11');
const because = { reason: 'looks odd' };
let stack: PayoutHarness;
let books: MessageOf<typeof booksChecked>[];

const payoutOf = async (writer: string) => {
  const { writers } = await stack.get(`/v1/months/${november}/payouts`, WriterPayoutPageSchema);
  return writers.find(({ userId }) => userId === writer)?.payoutId ?? null;
};

/** What the newest check says once all is quiet. */
async function checked() {
  await stack.settled();
  const last = books.toSorted((a, b) => b.version - a.version)[0];
  const { creatorObligationsCents: owedCents, creatorReceivablesCents: owesCents } = last?.sums ?? {};
  const {
    'earnings.calculated': credits,
    'payout.settled': settled,
    'balance.adjusted': adjusted,
  } = last?.takenIn ?? {};
  return { owedCents, owesCents, credits, settled, adjusted };
}

beforeAll(async () => {
  stack = await startPayouts('connect');
  books = await stack.hear(booksChecked);
  for (const writer of ['kept', 'paid']) await stack.knowAccount(writer);
  await stack.earn(november, { kept: 5_000, paid: 5_000 });
});
afterAll(() => stack.stop());

describe('B5: what moves what writers are owed is in a check soon, which counts it', () => {
  test('earnings that are credited', async () => {
    expect(await checked()).toMatchObject({ owedCents: 10_000, credits: 2, settled: 0, adjusted: 0 });
  });

  test('a payout that is not the last of its month', async () => {
    await stack.fund(november);
    await until(async () => (await stack.post(`/v1/payouts/${await payoutOf('kept')}/hold`, because)).status === 200);
    await stack.topUp(4_825);
    expect(await checked()).toMatchObject({ owedCents: 5_000, settled: 1 });
  });

  test('one that comes back', async () => {
    const [made] = await stack.transfers();
    await stack.reverse(made?.id ?? '');
    await stack.tell('transfer.reversed', made?.id ?? '');
    expect(await checked()).toMatchObject({ owedCents: 10_000, settled: 2 });
  });

  test('a reversal, and one that finds nothing to take is not counted', async () => {
    await stack.reverseEarnings('refund', { kind: 'refund', month: november, netByWriter: { paid: 6_000, other: 0 } });
    expect(await checked()).toMatchObject({ owedCents: 5_000, owesCents: 1_000, adjusted: 1 });
  });

  test('a write-off', async () => {
    await stack.post('/v1/obligations/paid/write-off', { reason: 'has left' });
    expect(await checked()).toMatchObject({ owesCents: 0, adjusted: 2 });
  });
});
