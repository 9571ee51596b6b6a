import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  allocationChanged,
  EarningsHistorySchema,
  ForecastSchema,
  ImpactSchema,
  paymentReversed,
  scheduleChanged,
} from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import { type Caller, type EarningsService, startEarnings } from './earnings-service.ts';
import { calculateMonth, page, runOf, type Supporter } from './locked-month.ts';

const ann: Supporter = {
  userId: 'ann',
  paidCents: 1_200,
  lines: [page('p1', 'wanda', 400), page('p2', 'walt', 300), page('p3', 'will', 300), page('p4', 'wilma', 200)],
};
const ben: Supporter = { userId: 'ben', paidCents: 500, lines: [page('p1', 'wanda', 500)] };
const wanda: Caller = { sub: 'wanda', roles: ['writer'] };

describe('what is to come, and what came of it', () => {
  let service: EarningsService;
  beforeAll(async () => {
    service = await startEarnings();
    for (const [month, supporters] of [
      ['2026-09', [ann, ben]],
      ['2026-10', [ann, ben]],
      ['2026-11', [ann]],
    ] as const) {
      await calculateMonth(service, runOf(month), supporters, 1);
    }
    await service.harness.settled();
  });
  afterAll(() => service.harness.stop());

  const change = async (userId: string, usdCents: number, version: number, resourceId = 'p1') => {
    const body = allocationChanged.schema.parse({
      ...{ userId, resourceType: 'page', resourceId, recipientUserId: 'wanda', beforeCents: 0, afterCents: usdCents },
      ...{ currency: 'usd', month: '2026-12', version, at: '2026-12-01T08:00:00.000Z', cause: 'user' },
    });
    await service.harness.say(allocationChanged, { key: userId, body, id: idOfCause('change', userId, version) });
  };
  const tellOfWriter = async (userId: string, usdCents: number, version: number, writerState: string) => {
    const body = allocationChanged.schema.parse({
      ...{ userId, resourceType: 'page', resourceId: 'p1', recipientUserId: 'wanda', cause: 'writer_unavailable' },
      ...{ beforeCents: usdCents, afterCents: usdCents, writerState, version },
      ...{ currency: 'usd', month: '2026-12', at: '2026-12-01T08:00:00.000Z' },
    });
    await service.harness.say(allocationChanged, { key: userId, body, id: idOfCause('told', userId, version) });
  };
  const schedule = async (usdCents: number, version: number, state: string) => {
    const body = scheduleChanged.schema.parse({
      ...{ scheduleId: idOfCause('test', 'schedule'), userId: 'ann', resourceType: 'page', resourceId: 'p1' },
      ...{ recipientUserId: 'wanda', kind: 'set', usdCents, fromMonth: '2027-02', throughMonth: null, state },
      ...{ currency: 'usd', version, at: '2026-12-01T08:00:00.000Z' },
    });
    await service.harness.say(scheduleChanged, { key: 'ann', body, id: idOfCause('schedule', version) });
  };
  const projection = async () => {
    await service.harness.settled();
    return EarningsHistorySchema.parse((await service.get('/v1/earnings', wanda)).body).projection;
  };
  const forecast = async () => {
    await service.harness.settled();
    return ForecastSchema.parse((await service.get('/v1/earnings/forecast', wanda)).body);
  };

  test('C3: the running month is a projection that follows each change, and is not earned', async () => {
    expect(await projection()).toMatchObject({ month: '2026-12', isEarned: false, grossCents: 0, supporterCount: 0 });
    await change('ann', 400, 1);
    await change('ben', 500, 1);
    await change('ben', 50, 2, 'p9');
    expect(await projection()).toEqual({
      month: '2026-12',
      isEarned: false,
      grossCents: 950,
      platformFeeCents: 67,
      netCents: 883,
      supporterCount: 2,
      resources: [
        { resourceType: 'page', resourceId: 'p1', supporterCount: 2, usdCents: 900 },
        { resourceType: 'page', resourceId: 'p9', supporterCount: 1, usdCents: 50 },
      ],
    });
    await change('ben', 0, 3, 'p9');
    expect((await projection()).grossCents).toBe(900);
  });

  test('C3: an older change that comes late changes nothing, also of what was taken back', async () => {
    await change('ann', 500, 5);
    // Of those that come together the newest counts, too; these come one after the other.
    await service.harness.settled();
    await change('ann', 9_999, 4);
    await change('ben', 70, 7, 'p9');
    await change('ben', 0, 8, 'p9');
    await change('ben', 60, 6, 'p9');
    expect((await projection()).grossCents).toBe(1_000);
  });

  test('C3, A11: a wish rests while the writer takes no support, whatever comes late, and begins anew when it was taken back', async () => {
    await tellOfWriter('ann', 500, 6, 'blocked');
    await tellOfWriter('ben', 500, 9, 'blocked');
    expect(await projection()).toMatchObject({ grossCents: 0, supporterCount: 0, resources: [] });
    expect((await forecast()).months.map((month) => month.plannedGrossCents)).toEqual([0, 0, 0]);
    await tellOfWriter('ben', 500, 10, 'open');
    await tellOfWriter('ben', 500, 9, 'blocked');
    expect(await projection()).toMatchObject({ grossCents: 500, supporterCount: 1 });
    await change('ann', 0, 7);
    await change('ann', 500, 8);
    expect(await projection()).toMatchObject({ grossCents: 1_000, supporterCount: 2 });
  });

  test('C5: the next three months follow plans, scheduled changes and the lapse rate seen', async () => {
    await schedule(700, 1, 'planned');
    const { months, lapse, stability } = await forecast();
    expect(lapse).toEqual({ lowBasisPoints: 0, expectedBasisPoints: 2_500, highBasisPoints: 5_000, monthsSeen: 2 });
    expect(months.map((month) => [month.month, month.plannedGrossCents])).toEqual([
      ['2027-01', 1_000],
      ['2027-02', 1_200],
      ['2027-03', 1_200],
    ]);
    expect(months[0]).toMatchObject({ lowNetCents: 465, expectedNetCents: 697, highNetCents: 930 });
    expect(stability).toMatchObject({ months: 3, meanNetCents: 682 });
    await schedule(700, 3, 'removed');
    await schedule(650, 2, 'planned');
    expect((await forecast()).months.map((month) => month.plannedGrossCents)).toEqual([1_000, 1_000, 1_000]);
  });

  test('a supporter reads what became of the payment, in words and cents', async () => {
    const { body } = await service.get('/v1/impact/2026-11', { sub: 'ann', roles: ['supporter'] });
    const impact = ImpactSchema.parse(body);
    expect(impact).toMatchObject({
      sentence: 'Of your $12.00, $11.16 reached 4 writers.',
      paidCents: 1_200,
      platformFeeCents: 84,
      reachedCents: 1_116,
      writerCount: 4,
    });
    expect(impact.lines.map((line) => [line.recipientUserId, line.reachedCents])).toEqual([
      ['wanda', 372],
      ['walt', 279],
      ['will', 279],
      ['wilma', 186],
    ]);
  });

  test('E5: what was returned is no impact, and every cent of the payment is somewhere', async () => {
    const body = paymentReversed.schema.parse({
      ...{ reversalId: idOfCause('test', 'refund'), kind: 'refund', settles: null, currency: 'usd', userId: 'ben' },
      ...{ at: '2026-12-05T10:00:00.000Z', month: '2026-10', amountCents: 200, invoiceId: 'in_1', stripeId: 're_1' },
    });
    await service.harness.say(paymentReversed, { key: 'ben', body, id: idOfCause('said', 'refund') });
    await service.harness.settled();
    const answer = await service.get('/v1/impact/2026-10', { sub: 'ben', roles: ['supporter'] });
    const { paidCents, reachedCents, platformFeeCents, unallocatedCents, returnedCents, disputedCents } =
      ImpactSchema.parse(answer.body);
    expect([reachedCents, platformFeeCents, returnedCents]).toEqual([279, 21, 200]);
    expect(reachedCents + platformFeeCents + unallocatedCents + returnedCents + disputedCents).toBe(paidCents);
  });

  test.each(['2026-12', '2026-08'])('a month that is not calculated has no impact: %s', async (month) => {
    expect((await service.get(`/v1/impact/${month}`, { sub: 'ann', roles: ['supporter'] })).status).toBe(404);
  });

  test('who did not support has no impact', async () => {
    expect((await service.get('/v1/impact/2026-11', { sub: 'ben', roles: ['supporter'] })).status).toBe(404);
  });
});
