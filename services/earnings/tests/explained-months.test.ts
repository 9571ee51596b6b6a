import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addsUp, EarningsMonthSchema, type Explanation, ExplanationSchema, payoutRequested } from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import { type Caller, type EarningsService, startEarnings } from './earnings-service.ts';
import { calculateMonth, page, runOf, type Supporter } from './locked-month.ts';

const run = runOf('2026-11');
const supporters: Supporter[] = [
  { userId: 'ann', paidCents: 1_000, lines: [page('p1', 'wanda', 500), page('p2', 'walt', 300)] },
  { userId: 'ben', paidCents: 500, lines: [page('p1', 'wanda', 333), page('p3', 'wanda', 333)] },
  { userId: 'cyd', paidCents: 0, lines: [page('p1', 'wanda', 100)] },
];
const wanda: Caller = { sub: 'wanda', roles: ['writer'] };
const walt: Caller = { sub: 'walt', roles: ['writer'] };
const payoutId = idOfCause('test', 'payout');

describe('explaining a writer’s month', () => {
  let service: EarningsService;
  beforeAll(async () => {
    service = await startEarnings();
    await calculateMonth(service, run, supporters, 2);
    const amounts = { currency: 'usd', grossCents: 930, processingFeeCents: 57, netCents: 873 };
    const body = payoutRequested.schema.parse({
      ...{ run, payoutId, month: '2026-11', recipientUserId: 'wanda', accountId: 'acct_1', ...amounts },
    });
    await service.harness.say(payoutRequested, { key: payoutId, body, id: idOfCause('asked', payoutId) });
    await service.harness.settled();
  });
  afterAll(() => service.harness.stop());

  const explain = async (path: string, caller?: Caller): Promise<Explanation> => {
    const { status, body } = await service.get(path, caller);
    expect(status).toBe(200);
    const explanation = ExplanationSchema.parse(body);
    expect(addsUp(explanation)).toBe(true);
    return explanation;
  };
  const stepsOf = ({ steps }: Explanation, name: string) =>
    steps
      .filter(({ step }) => step === name)
      .map(({ totalCents, parts }) => [totalCents, parts.map(({ label, cents }) => [label, cents])]);
  const path = '/v1/earnings/2026-11/explain';
  const asAdmin = '/v1/months/2026-11/writers/wanda/explain';

  test('each step adds up, from its resources and its lines to the payout', async () => {
    const own = await explain(path, wanda);
    expect(own.steps.map(({ step }) => step)).toEqual(['line', 'line', 'fee', 'earnings', 'payout']);
    const [byResource, byLine] = stepsOf(own, 'line');
    expect(byResource).toEqual([
      1_000,
      [
        ['page p1', 750],
        ['page p3', 250],
      ],
    ]);
    expect(byLine).toEqual([
      1_000,
      expect.arrayContaining([
        ['page p1', 500],
        ['page p1', 250],
        ['page p3', 250],
        ['page p1', 0],
      ]),
    ]);
    expect(stepsOf(own, 'fee')).toEqual([[70, [['7 % of gross, rounded down', 70]]]]);
    const unpaid = await explain(path, walt);
    expect(unpaid.steps.at(-1)).toMatchObject({ step: 'payout', totalCents: 279 });
    expect(unpaid.steps.at(-1)?.why).toContain('not paid yet');
  });

  test('C4: leads to its lines, which a writer knows by their keys, an administrator by their ids', async () => {
    const [own, seen] = [await explain(path, wanda), await explain(asAdmin)];
    const amounts = ({ steps }: Explanation) => steps.map(({ step, totalCents }) => [step, totalCents]);
    expect(amounts(own)).toEqual(amounts(seen));
    const ids = (explanation: Explanation, of: string) =>
      explanation.related.filter((one) => one.of === of).map(({ id }) => id);
    const { lines } = EarningsMonthSchema.parse((await service.get('/v1/earnings/2026-11', wanda)).body);
    expect(ids(own, 'line')).toEqual(lines.map(({ lineKey }) => lineKey));
    expect(ids(seen, 'line').sort()).toEqual([
      'ann_page_p1_2026-11',
      'ben_page_p1_2026-11',
      'ben_page_p3_2026-11',
      'cyd_page_p1_2026-11',
    ]);
    expect([ids(own, 'payout'), ids(seen, 'payout')]).toEqual([[payoutId], [payoutId]]);
    expect(JSON.stringify(own)).not.toMatch(/ann|ben|cyd/);
    for (const id of ids(own, 'line')) {
      const month = { of: 'writer_month', id: '2026-11', recipientUserId: 'wanda' };
      expect((await explain(`/v1/explain/${id}`, wanda)).related).toContainEqual(month);
    }
  });

  test('shows lines page by page, the others in one row, so that each page adds up', async () => {
    const met: string[] = [];
    for (let query = '?limit=3'; query !== ''; ) {
      const page = await explain(`${asAdmin}${query}`);
      const lines = page.related.filter(({ of }) => of === 'line').map(({ id }) => id);
      met.push(...lines);
      expect(stepsOf(page, 'line')[1]?.[0]).toBe(1_000);
      query = page.nextCursor === undefined ? '' : `?limit=3&cursor=${page.nextCursor}`;
      expect(lines).toHaveLength(query === '' ? 1 : 3);
    }
    expect(new Set(met).size).toBe(4);
    expect((await service.get(`${asAdmin}?cursor=nothing`)).status).toBe(400);
    expect((await service.get('/v1/months/2026-11/writers/ann/explain')).status).toBe(404);
  });
});
