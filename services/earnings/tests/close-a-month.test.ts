import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type EarningsService, startEarnings } from './earnings-service.ts';
import { expectedMonth, lockMonth, runOf, type Supporter } from './locked-month.ts';

const page = (resourceId: string, recipientUserId: string, usdCents: number) =>
  ({ resourceType: 'page', resourceId, recipientUserId, usdCents }) as const;

const supporters: Supporter[] = [
  { userId: 'ann', paidCents: 1_000, lines: [page('p1', 'wanda', 333), page('p2', 'walt', 333)] },
  {
    userId: 'ben',
    paidCents: 500,
    lines: [page('p1', 'wanda', 700), page('p3', 'wanda', 301), page('p2', 'walt', 50)],
  },
  { userId: 'cyd', paidCents: 0, lines: [page('p4', 'wilma', 400)] },
  { userId: 'dan', paidCents: 250, lines: [] },
];

describe('a month on its way through earnings', () => {
  let service: EarningsService;
  beforeAll(async () => {
    service = await startEarnings();
  });
  afterAll(() => service.harness.stop());

  test('C1, C2: when all lines are in, every writer with a line has gross, fee and net, said once', async () => {
    const run = runOf('2026-11');
    const { chunks, closing } = lockMonth(run, supporters, 1);
    await service.say([...chunks, closing]);
    await service.harness.settled();

    const expected = expectedMonth(run, supporters);
    const { body } = await service.get('/v1/months/2026-11/writers');
    expect(body).toEqual({ writers: expected.writers, nextCursor: null });
    expect(await service.lines('2026-11')).toEqual(expected.lines);
    const writers = service.said.earnings.filter((message) => message.part === 'writer');
    expect(writers.map((writer) => writer.recipientUserId).sort()).toEqual(['walt', 'wanda', 'wilma']);
    expect(service.said.progress.at(-1)).toMatchObject({ step: 'earnings', state: 'done', expected: 3, done: 3 });
  });
});
