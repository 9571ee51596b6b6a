import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  addsUp,
  allocationChanged,
  EarningsMonthSchema,
  type Explanation,
  ExplanationSchema,
  paymentReversed,
  payoutRequested,
  payoutSettled,
} from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import { type Caller, type EarningsService, startEarnings } from './earnings-service.ts';
import { calculateMonth, page, runOf, type Supporter } from './locked-month.ts';

const run = runOf('2026-11');
const supporters: Supporter[] = [
  { userId: 'ann', paidCents: 1_000, lines: [page('p1', 'wanda', 500), page('p_2', 'walt', 300)] },
  { userId: 'ben', paidCents: 500, lines: [page('p1', 'wanda', 333), page('p3', 'wanda', 333)] },
  { userId: 'cyd', paidCents: 0, lines: [page('p1', 'wanda', 100)] },
];
const ann: Caller = { sub: 'ann', roles: ['supporter'] };
const ben: Caller = { sub: 'ben', roles: ['supporter'] };
const wanda: Caller = { sub: 'wanda', roles: ['writer'] };
const walt: Caller = { sub: 'walt', roles: ['writer'] };
const at = '2026-12-01T09:00:00.000Z';
const failedId = idOfCause('test', 'payout', 1);
const paidId = idOfCause('test', 'payout', 2);

describe('explaining a cent', () => {
  let service: EarningsService;
  beforeAll(async () => {
    service = await startEarnings();
    await change('ann', 'p1', 'wanda', 500, '2026-11-03T12:00:00.000Z', 1);
    await change('ann', 'p_2', 'walt', 900, '2026-12-01T00:00:00.000Z', 2);
    await calculateMonth(service, run, supporters, 2);
    await payout({ payoutId: failedId, grossCents: 930, outcome: 'failed' });
    await payout({ payoutId: paidId, month: '2026-12', grossCents: 1_100, outcome: 'paid' });
    await service.harness.settled();
  });
  afterAll(() => service.harness.stop());

  const change = (
    userId: string,
    resourceId: string,
    recipientUserId: string,
    cents: number,
    when: string,
    version: number,
  ) => {
    const body = allocationChanged.schema.parse({
      ...{ userId, resourceType: 'page', resourceId, recipientUserId, beforeCents: 0, afterCents: cents },
      ...{ currency: 'usd', month: '2026-11', version, at: when, cause: 'user' },
    });
    return service.harness.say(allocationChanged, { key: userId, body, id: idOfCause('change', userId, version) });
  };
  const payout = async (of: { payoutId: string; month?: string; grossCents: number; outcome: 'paid' | 'failed' }) => {
    const { payoutId, month = '2026-11', grossCents, outcome } = of;
    const amounts = { currency: 'usd', grossCents, processingFeeCents: 57, netCents: grossCents - 57 };
    const common = { run, payoutId, month, recipientUserId: 'wanda', ...amounts };
    const requested = payoutRequested.schema.parse({ ...common, accountId: 'acct_1' });
    await service.harness.say(payoutRequested, { key: payoutId, body: requested, id: idOfCause('asked', payoutId) });
    const transferId = outcome === 'paid' ? 'tr_1' : null;
    const reason = outcome === 'paid' ? null : 'account_closed';
    const settled = payoutSettled.schema.parse({ ...common, outcome, transferId, reason, at });
    await service.harness.say(payoutSettled, { key: 'wanda', body: settled, id: idOfCause('settled', payoutId) });
  };
  const explain = async (path: string, caller?: Caller): Promise<Explanation> => {
    const { status, body } = await service.get(path, caller);
    expect(status).toBe(200);
    const explanation = ExplanationSchema.parse(body);
    expect(addsUp(explanation)).toBe(true);
    return explanation;
  };
  const evidenceIn = ({ steps }: Explanation) => steps.flatMap((step) => step.evidence);
  const parts = (explanation: Explanation, name: string) =>
    explanation.steps
      .filter((step) => step.step === name)
      .map((step) => [step.totalCents, step.parts.map((one) => [one.label, one.cents])]);
  const lineOf = (userId: string, resourceId: string) => `/v1/explain/${userId}_page_${resourceId}_2026-11`;

  test('an administrator sees the whole way of a line, and the amounts add up at each step', async () => {
    const explanation = await explain(lineOf('ann', 'p1'));
    expect(explanation.steps.map((step) => step.step)).toEqual([
      'funding',
      'allocation',
      'line',
      'fee',
      'earnings',
      'payout',
      'transfer',
      'payout',
      'transfer',
    ]);
    expect(parts(explanation, 'funding')).toEqual([
      [
        1_000,
        [
          ['this line', 500],
          ['other lines', 300],
          ['left unallocated', 200],
        ],
      ],
    ]);
    expect(parts(explanation, 'line')).toEqual([
      [
        500,
        [
          ['net, to the writer', 465],
          ['platform fee', 35],
        ],
      ],
    ]);
    expect(parts(explanation, 'earnings')).toEqual([
      [
        930,
        [
          ['this line, net', 465],
          ['other lines of 2026-11, net', 465],
        ],
      ],
    ]);
    expect(parts(explanation, 'payout').at(-1)).toEqual([
      1_100,
      [
        ['this line, net', 465],
        ['other lines of 2026-11, net', 465],
        ['other months and corrections', 170],
      ],
    ]);
    expect(explanation.steps.at(-1)).toMatchObject({ step: 'transfer', id: 'tr_1', totalCents: 1_100 });
    expect(explanation.related).toEqual([
      { of: 'invoice', id: 'in_1' },
      { of: 'writer_month', id: '2026-11', recipientUserId: 'wanda' },
      { of: 'payout', id: failedId },
      { of: 'payout', id: paidId },
    ]);
  });

  test('each step names the message that it is known from, with its place in Kafka', async () => {
    const { steps } = await explain(lineOf('ann', 'p1'));
    const evidence = steps.flatMap((step) => step.evidence);
    expect(evidence.map(({ topic }) => topic)).toEqual([
      'month.locked',
      'allocation.changed',
      ...['earnings.calculated', 'earnings.calculated'],
      ...['payout.requested', 'payout.settled', 'payout.requested', 'payout.settled'],
    ]);
    expect(evidence[1]).toEqual({
      topic: 'allocation.changed',
      messageId: idOfCause('change', 'ann', 1),
      partition: expect.any(Number),
      offset: 0,
      traceId: null,
    });
    expect(evidence[2]).toMatchObject({
      messageId: idOfCause('earnings.calculated', run.runId, 'wanda'),
      offset: null,
    });
  });

  test('a change at or after the cutoff is not where the line comes from', async () => {
    const { steps } = await explain('/v1/explain/ann_page_p%255F2_2026-11');
    expect(steps.find((step) => step.step === 'allocation')).toMatchObject({ totalCents: 300, evidence: [] });
  });

  test('A6: a shrunken budget is explained, and the cent left over by rounding has its own row', async () => {
    const [first, second] = [await explain(lineOf('ben', 'p1')), await explain(lineOf('ben', 'p3'))];
    expect(parts(first, 'allocation')).toEqual([
      [
        333,
        [
          ['funded', 250],
          ['not funded', 83],
        ],
      ],
    ]);
    expect(parts(second, 'allocation')).toEqual([
      [
        333,
        [
          ['funded', 250],
          ['not funded', 83],
        ],
      ],
    ]);
    expect(first.steps[1]?.why).toContain('500 ¢ were paid for 666 ¢');
    const nothing = await explain(lineOf('cyd', 'p1'));
    expect(nothing.steps[1]).toMatchObject({ totalCents: 100, why: 'nothing was paid for the month' });
  });

  test('a supporter sees the own line to its end, and no amount of others', async () => {
    const explanation = await explain(lineOf('ann', 'p1'), ann);
    expect(parts(explanation, 'funding')[0]?.[0]).toBe(1_000);
    expect(parts(explanation, 'earnings')).toEqual([[465, [['this line, net', 465]]]]);
    expect(explanation.steps.at(-1)).toMatchObject({ step: 'payout', totalCents: 465 });
    expect(explanation.steps.at(-1)?.why).toBe('paid to the writer with the payout of 2026-12');
    expect(explanation.related).toEqual([{ of: 'invoice', id: 'in_1' }]);
    expect(JSON.stringify(explanation)).not.toMatch(/930|1100/);
  });

  test('C4: a writer explains by line key, and learns nothing of who the supporter is', async () => {
    const { body } = await service.get('/v1/earnings/2026-11', wanda);
    const { lines } = EarningsMonthSchema.parse(body);
    for (const { lineKey, fundedCents } of lines) {
      const explanation = await explain(`/v1/explain/${lineKey}`, wanda);
      expect(explanation.id).toBe(lineKey);
      expect(parts(explanation, 'funding')).toEqual([[fundedCents, [['this line', fundedCents]]]]);
      expect(JSON.stringify(explanation)).not.toMatch(/ann|ben|cyd|in_1|666/);
      expect((await explain(`/v1/explain/${lineKey}`)).id).toContain('_page_p');
      expect((await service.get(`/v1/explain/${lineKey}`, walt)).status).toBe(404);
      expect((await service.get(`/v1/explain/${lineKey}`, ann)).status).toBe(404);
    }
  });

  test.each([
    ['another’s line', lineOf('ann', 'p1'), ben],
    ['a line id from its writer', lineOf('ann', 'p1'), wanda],
    ['a line that is not there', lineOf('ann', 'p9'), ann],
    ['a month that is not calculated', '/v1/explain/ann_page_p1_2026-12', ann],
    ['what is no line', '/v1/explain/nothing', ann],
    ['a key of nothing', `/v1/explain/${'ab'.repeat(32)}`, wanda],
  ])('%s is not found', async (_, path, caller) => {
    expect((await service.get(path, caller)).status).toBe(404);
  });

  test('E5: what was reversed is a step of its own', async () => {
    const body = paymentReversed.schema.parse({
      ...{ reversalId: idOfCause('test', 'refund'), kind: 'refund', settles: null, currency: 'usd', at },
      ...{ userId: 'ann', month: '2026-11', amountCents: 500, invoiceId: 'in_1', stripeId: 're_1' },
    });
    await service.harness.say(paymentReversed, { key: 'ann', body, id: idOfCause('said', 'refund') });
    await service.harness.settled();
    const explanation = await explain(lineOf('ann', 'p1'));
    expect(parts(explanation, 'reversal')).toEqual([
      [
        233,
        [
          ['net as earned', 465],
          ['refund', -232],
        ],
      ],
    ]);
    expect(parts(await explain('/v1/earnings/2026-11/explain', walt), 'reversal')).toEqual([
      [
        140,
        [
          ['net as earned', 279],
          ['refund', -139],
        ],
      ],
    ]);
  });

  test('C4: a writer sees no message that is of a supporter, or lies where a hash of their id puts it', async () => {
    const all = evidenceIn(await explain(lineOf('ann', 'p1')));
    const ofSupporter = all.slice(0, 2).concat(all.filter(({ topic }) => topic === 'payment.reversed'));
    expect(ofSupporter.map(({ topic }) => topic)).toEqual(['month.locked', 'allocation.changed', 'payment.reversed']);
    const { lines } = EarningsMonthSchema.parse((await service.get('/v1/earnings/2026-11', wanda)).body);
    for (const path of ['/v1/earnings/2026-11/explain', ...lines.map(({ lineKey }) => `/v1/explain/${lineKey}`)]) {
      const told = await explain(path, wanda);
      const topics = new Set(evidenceIn(told).map(({ topic }) => topic));
      expect([...topics]).toEqual(['earnings.calculated', 'payout.requested', 'payout.settled']);
      for (const { messageId } of ofSupporter) expect(JSON.stringify(told)).not.toContain(messageId);
    }
    const ofMonth = evidenceIn(await explain('/v1/months/2026-11/writers/wanda/explain'));
    expect(ofMonth).toContainEqual(ofSupporter[2]);
  });
});
