import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WriterPayoutPageSchema } from '@wewrite/contracts';
import { callsOf, type PayoutHarness, startPayouts } from './payout-harness.ts';

const requestsPerSecond = 10;
const stripeRequestsPerSecond = 13;
const payoutCount = 60;
const month = '2026-11';
const writers = Array.from({ length: payoutCount }, (_, index) => `writer-${index}`);

describe('D6: two replicas share one rate of requests to Stripe', () => {
  let stack: PayoutHarness;
  beforeAll(async () => {
    stack = await startPayouts('connect', { STRIPE_REQUESTS_PER_SECOND: String(requestsPerSecond) });
    await stack.topUp(10_000_000);
    await stack.startReplica('payouts');
    await Promise.all(writers.map((writer) => stack.knowAccount(writer)));
    // Some answers are lost after Stripe has made the transfer, some requests are refused: each repetition counts, too.
    const match = callsOf('connect');
    await stack.fault({ match, kind: 'timeout_after_success', times: 2 });
    await stack.fault({ match, kind: '429', times: 2 });
    await stack.earn(month, Object.fromEntries(writers.map((writer) => [writer, 5_000])));
    await stack.fund(month);
    await stack.settled();
  }, 60_000);
  afterAll(() => stack.stop());

  test('D6: together they keep to the limit, and stay below that of Stripe in each second', async () => {
    const instants = await stack.requestedAtMs();
    const most = (spanMs: number) =>
      Math.max(...instants.map((start) => instants.filter((at) => at >= start && at < start + spanMs).length));
    expect(instants.length).toBeGreaterThan(payoutCount);
    expect(most(1_000)).toBeLessThan(stripeRequestsPerSecond);
    // One more than the limit may arrive in a span of time, when its first request was late.
    expect(most(3_000)).toBeLessThanOrEqual(3 * requestsPerSecond + 1);
  });

  test('D6: neither waits for the other while there is work', async () => {
    // The last requests wait for their backoff; until then the work never ends.
    const steady = (await stack.requestedAtMs()).slice(0, payoutCount - 10);
    const seconds = (Math.max(...steady) - Math.min(...steady)) / 1_000;
    expect((steady.length - 1) / seconds).toBeGreaterThan(0.8 * requestsPerSecond);
  });

  test('D3: no transfer is doubled', async () => {
    const paid = (await stack.transfers()).map(({ metadata }) => metadata.writer).sort();
    expect(paid).toEqual([...writers].sort());
    const page = await stack.get(`/v1/months/${month}/payouts`, WriterPayoutPageSchema);
    expect(page.writers.map(({ payoutStatus }) => payoutStatus)).toEqual(writers.map(() => 'paid'));
  });
});
