import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { month } from '@wewrite/contracts';
import { balanceOf } from '@wewrite/ledger';
import { z } from 'zod';
import { booksOf, type MonthStory, startStory, type Told } from './month-story.ts';

const directory = fileURLToPath(new URL('../samples/eventful', import.meta.url));
const months = [month('2026-09'), month('2026-10'), month('2026-11')] as const;
const [september, october, november] = months;
const deadlineMs = 300_000;

let story: MonthStory;
let told: Told;

beforeAll(async () => {
  story = await startStory({ input: directory, months });
  told = await story.play();
}, deadlineMs);
afterAll(() => story.stop());

function monthOf(of: string) {
  const found = told.months.find((each) => each.month === of);
  if (found === undefined) throw new Error(`${of} is not told`);
  return found;
}

const budgetOf = (of: string, userId: string) =>
  monthOf(of).supporters.find((supporter) => supporter.userId === userId)?.budgetCents;
const writerOf = (of: string, userId: string) => monthOf(of).writers.find((writer) => writer.userId === userId);

describe('three months in which everything happens', () => {
  test('each ends with 0 ¢ unexplained', () => {
    expect(told.months.map((each) => [each.month, each.unexplainedCents])).toEqual(months.map((of) => [of, 0]));
  });

  test('what the ledger says Stripe holds is what Stripe holds', async () => {
    const books = story.harness.database('billing').kysely;
    const payments = (await balanceOf(books, 'stripe:payments')) + (await balanceOf(books, 'stripe:pending'));
    expect(payments).toBe(await paymentsAtStripe());
    expect(await balanceOf(books, 'stripe:storage')).toBe(await storageAtStripe());
  });

  test(
    'come to the same cents with the other escrow adapter',
    async () => {
      const other = await startStory({ input: directory, months, escrow: 'connect' });
      try {
        expect(booksOf(await other.play())).toEqual(booksOf(told));
      } finally {
        await other.stop();
      }
    },
    deadlineMs,
  );

  test('E3: a raise counts from its day on, prorated; a subscription that begins again, too', () => {
    // 20 days and 15 hours of September's 30 days at 600 ¢ more; 20 days and 12 hours of November's at 1,800 ¢.
    expect(budgetOf(september, 'ada')).toBe(3_412);
    expect(budgetOf(october, 'ada')).toBe(3_600);
    expect(budgetOf(november, 'gus')).toBe(1_230);
  });

  test('E4, A7: a renewal that is never paid leaves the month unfunded; one paid late in its month counts', () => {
    expect(budgetOf(october, 'jon')).toBe(0);
    expect(budgetOf(november, 'hal')).toBe(2_700);
  });

  test('E5: a refund before the cutoff lowers the paid budget', () => {
    expect(budgetOf(september, 'bob')).toBe(3_700);
  });

  test('E5: a dispute open at the cutoff keeps its payment out; won, it credits the running month', () => {
    expect(budgetOf(september, 'cam')).toBe(0);
    expect(budgetOf(october, 'cam')).toBe(5_000);
  });

  test('A11: a blocked writer gets nothing, and is funded again once open', () => {
    expect(writerOf(september, 'wes')).toBeUndefined();
    expect(writerOf(november, 'wes')).toMatchObject({ payoutStatus: 'paid' });
  });

  test('D4, D8: a payout that came back is paid again, less what a refund in three parts takes back', () => {
    // September's 7,486 came back; October earned as much; dee's 1,999 were refunded with their fee of 140.
    expect(writerOf(october, 'wanda')).toMatchObject({ payoutStatus: 'paid', payoutGrossCents: 7_486 + 7_486 - 1_859 });
  });

  test('E5, D2: a refund and a lost dispute after the payout are repaid by later earnings of a restricted writer', () => {
    // dee's 1,501 and eli's 1,200, each less its fee.
    const carriedOverCents = 5_906 - 1_396 - 1_116;
    expect(writerOf(october, 'walt')).toMatchObject({ payoutReason: 'account_restricted', carriedOverCents });
    expect(writerOf(november, 'walt')).toMatchObject({
      payoutStatus: 'paid',
      payoutGrossCents: carriedOverCents + 5_348,
    });
  });

  test('C6, D2: held earnings are not paid until they are released', () => {
    expect(writerOf(october, 'wim')).toMatchObject({ payoutReason: 'on_hold', carriedOverCents: 1_627 });
    // September's 2,464 less what dee's 750 had earned, and two months of 1,627.
    const payoutGrossCents = 2_464 - 697 + 1_627 + 1_627;
    expect(writerOf(november, 'wim')).toMatchObject({ payoutStatus: 'paid', payoutGrossCents });
  });
});

const StateSchema = z.object({
  balance_transaction: z.array(z.object({ net: z.int() })),
  financial_account: z.array(
    z.object({ balance: z.object({ available: z.object({ usd: z.object({ value: z.int() }) }) }) }),
  ),
});

async function stateAtStripe() {
  return StateSchema.parse(await (await fetch(new URL('/_sandbox/state', story.sandboxUrl))).json());
}

async function paymentsAtStripe(): Promise<number> {
  return (await stateAtStripe()).balance_transaction.reduce((sum, { net }) => sum + net, 0);
}

async function storageAtStripe(): Promise<number> {
  return (await stateAtStripe()).financial_account.reduce((sum, { balance }) => sum + balance.available.usd.value, 0);
}
