import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ObligationsSchema, PayoutDetailSchema, WriterPayoutPageSchema } from '@wewrite/contracts';
import { type Adapter, adapters, type PayoutHarness, startPayouts } from './payout-harness.ts';
import { until } from './until.ts';

const minuteMs = 60_000;

let stack: PayoutHarness;
let months = 0;
let accountId = '';

async function start(escrow: Adapter): Promise<void> {
  stack = await startPayouts(escrow);
  months = 0;
  accountId = await stack.onboard('writer', 'ready');
}

/** Earns and funds the next month for the writer; gives the month's name. */
async function nextMonth(): Promise<string> {
  const month = `2027-${String(++months).padStart(2, '0')}`;
  await stack.earn(month, { writer: 5_000 });
  await stack.fund(month);
  return month;
}

async function payoutOf(month: string) {
  const { writers } = await stack.get(`/v1/months/${month}/payouts`, WriterPayoutPageSchema);
  return writers[0];
}

async function transfersOf(month: string) {
  return (await stack.transfers()).filter((transfer) => transfer.group === `close-${month}`);
}

/** Lets technical time pass until the month's payout has settled; bounded. */
async function patiently(month: string): Promise<void> {
  for (let waited = 0; waited < 200; waited++) {
    const status = await payoutOf(month).catch(() => undefined);
    if (status !== undefined && status.payoutStatus !== 'under_way') return;
    stack.skip(minuteMs);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the payout of ${month} never settled`);
}

describe.each(adapters)('D3: one payout is one transfer out of $escrow', ({ escrow, calls }) => {
  beforeAll(() => start(escrow));
  afterAll(() => stack.stop());

  test('a time-out after Stripe had made it: the same key finds the same transfer', async () => {
    await stack.topUp(1_000_000);
    await stack.fault({ match: calls, kind: 'timeout_after_success', times: 1 });
    const month = await nextMonth();
    await patiently(month);
    expect(await payoutOf(month)).toMatchObject({ payoutStatus: 'paid', payoutGrossCents: 5_000 });
    expect(await transfersOf(month)).toHaveLength(1);
  });

  test('a reset connection and 429s keep the key', async () => {
    await stack.fault({ match: calls, kind: 'connection_reset', times: 4 });
    await stack.fault({ match: calls, kind: '429', times: 2 });
    const month = await nextMonth();
    await patiently(month);
    const [transfer, ...others] = await transfersOf(month);
    expect(others).toEqual([]);
    const { payoutId, transferId } = (await payoutOf(month)) ?? {};
    expect(transferId).toBe(transfer?.id);
    const { attempts } = await stack.get(`/v1/payouts/${payoutId}`, PayoutDetailSchema);
    expect(new Set(attempts.map((attempt) => attempt.idempotencyKey)).size).toBe(1);
  });

  test('insufficient balance waits for funds and goes on', async () => {
    const sent = (await stack.transfers()).reduce((sum, transfer) => sum + transfer.amountCents, 0);
    const left = 1_000_000 - sent;
    const drained = `2027-${String(++months).padStart(2, '0')}`;
    await stack.earn(drained, { writer: 2 * left });
    await stack.fund(drained);
    for (let waited = 0; waited < 100 && (await payoutOf(drained).catch(() => undefined)) === undefined; waited++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await transfersOf(drained)).toEqual([]);
    await stack.topUp(10_000_000);
    await patiently(drained);
    expect(await transfersOf(drained)).toHaveLength(1);
    expect(await payoutOf(drained)).toMatchObject({ payoutStatus: 'paid' });
  });

  test('an account restricted after the reservation: failed, back to payable, told why', async () => {
    await stack.changeAtStripe(accountId, 'restricted');
    const month = await nextMonth();
    await patiently(month);
    expect(await payoutOf(month)).toMatchObject({
      payoutStatus: 'failed',
      payoutReason: 'account_restricted',
      payoutGrossCents: 0,
      carriedOverCents: 5_000,
    });
    expect(await transfersOf(month)).toEqual([]);
  });
});

describe('D3: what v1 answers under a key, it replays', () => {
  const [{ calls }] = adapters;
  beforeAll(() => start('connect'));
  afterAll(() => stack.stop());

  test('a 5xx is looked up twice, ten minutes apart, before another key is used', async () => {
    await stack.topUp(1_000_000);
    await stack.fault({ match: calls, kind: '500', times: 1 });
    const month = await nextMonth();
    await patiently(month);
    expect(await transfersOf(month)).toHaveLength(1);
    const { payoutId } = (await payoutOf(month)) ?? {};
    const { attempts } = await stack.get(`/v1/payouts/${payoutId}`, PayoutDetailSchema);
    // A call that takes too long is repeated; so is one whose lease ends, since time jumps by minutes here.
    const answered = attempts.filter(({ outcome }) => outcome !== 'same_key');
    const givenUp = answered.findIndex(({ outcome }) => outcome === 'next_key');
    const lookUps = answered.slice(0, givenUp).map(({ attempt, outcome }) => [attempt, outcome]);
    expect(lookUps.length).toBeGreaterThanOrEqual(2);
    expect(lookUps).toEqual(lookUps.map(() => [1, 'look_up']));
    expect(answered.at(-1)).toMatchObject({ attempt: 2, outcome: 'made' });
    const [firstLook = '', secondLook = ''] = [answered[1]?.at, answered[givenUp]?.at];
    expect(Date.parse(secondLook) - Date.parse(firstLook)).toBeGreaterThanOrEqual(10 * minuteMs);
  });

  test('a key that Stripe may have forgotten is not used again before two look-ups', async () => {
    await stack.fault({ match: calls, kind: 'connection_reset', times: 10_000 });
    const month = await nextMonth();
    const attemptsOf = async () => {
      const { payoutId } = (await payoutOf(month).catch(() => undefined)) ?? {};
      if (payoutId === undefined) return [];
      return (await stack.get(`/v1/payouts/${payoutId}`, PayoutDetailSchema)).attempts;
    };
    await until(async () => (await attemptsOf()).length > 0);
    stack.skip(24 * 60 * minuteMs);
    const isGivenUp = ({ outcome }: { outcome: string }) => outcome === 'next_key';
    await until(async () => {
      stack.skip(minuteMs);
      return (await attemptsOf()).some(isGivenUp);
    });
    await stack.endFaults();
    await patiently(month);
    expect(await transfersOf(month)).toHaveLength(1);
    const attempts = await attemptsOf();
    const lookUps = attempts.slice(0, attempts.findIndex(isGivenUp)).filter(({ outcome }) => outcome === 'look_up');
    expect(lookUps.length).toBeGreaterThanOrEqual(1);
    expect(attempts.at(-1)).toMatchObject({ attempt: 2, outcome: 'made' });
  });

  test('D4: a transfer that is reversed is returned, and its money payable again', async () => {
    const month = await nextMonth();
    await patiently(month);
    const { transferId } = (await payoutOf(month)) ?? {};
    await stack.reverse(String(transferId));
    await stack.tell('transfer.reversed', String(transferId));
    expect(await payoutOf(month)).toMatchObject({
      payoutStatus: 'failed',
      payoutReason: 'reversed',
      payoutNetCents: 0,
    });
    expect(await stack.get('/v1/obligations', ObligationsSchema)).toMatchObject({ totalCents: 5_000 });
  });
});
