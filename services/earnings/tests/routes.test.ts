import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  EarningsMonthSchema,
  EarningsSupportersPageSchema,
  EarningsWritersPageSchema,
  ProblemSchema,
  sumCents,
  type WriterLine,
} from '@wewrite/contracts';
import { type EarningsService, lineKeySecret, startEarnings } from './earnings-service.ts';
import { type ExpectedMonth, expectedMonth, lockMonth, runOf, type Supporter } from './locked-month.ts';

const run = runOf('2026-11');
const supporters: Supporter[] = Array.from({ length: 120 }, (_, index) => ({
  userId: `reader ${index % 2 === 0 ? 'ö' : '_'}${index}`,
  paidCents: 2_000,
  lines: Array.from({ length: index % 6 }, (_, line) => ({
    resourceType: 'page',
    resourceId: `p/${line}`,
    recipientUserId: `w%${(index + line) % 9}`,
    usdCents: 111 + 37 * line * (index % 11),
  })),
}));
const writer = { sub: 'w%3', roles: ['writer'] };

const none = { grossCents: 0, platformFeeCents: 0, netCents: 0 };
const unreversed = { reversed: none, disputed: none };

describe('the routes of earnings', () => {
  let service: EarningsService;
  let expected: ExpectedMonth;
  beforeAll(async () => {
    service = await startEarnings();
    const { chunks, closing } = lockMonth(run, supporters, 7);
    const { closing: emptyClosing } = lockMonth(runOf('2026-10'), [], 1);
    const { chunks: waiting } = lockMonth(runOf('2026-12'), supporters, 200);
    await service.say([...chunks, closing, emptyClosing, ...waiting]);
    await service.harness.settled();
    expected = expectedMonth(run, supporters);
  });
  afterAll(() => service.harness.stop());

  /** All pages of a writer's month. */
  async function ownLines(limit: number): Promise<WriterLine[]> {
    const lines: WriterLine[] = [];
    let query = `limit=${limit}`;
    for (;;) {
      const { body } = await service.get(`/v1/earnings/2026-11?${query}`, writer);
      const page = EarningsMonthSchema.parse(body);
      expect(page.lines.length).toBeLessThanOrEqual(limit);
      lines.push(...page.lines);
      if (page.nextCursor === null) return lines;
      query = `limit=${limit}&cursor=${page.nextCursor}`;
    }
  }

  test.each([1, 2, 7, 41, 10_000])('pages of %i lines give each line once', async (limit) => {
    expect(await service.lines('2026-11', limit)).toEqual(expected.lines);
    const own = expected.lines.filter((line) => line.recipientUserId === writer.sub);
    expect((await ownLines(limit)).map((line) => line.lineKey).sort()).toEqual(
      own.map((line) => createHmac('sha256', lineKeySecret).update(line.lineId).digest('hex')).sort(),
    );
  });

  test.each([1, 50, 10_000])('pages of %i writers and supporters give each of them once, by user id', async (limit) => {
    const writers = [];
    const seen = [];
    let query = `limit=${limit}`;
    for (let done = false; !done; ) {
      const page = EarningsWritersPageSchema.parse((await service.get(`/v1/months/2026-11/writers?${query}`)).body);
      writers.push(...page.writers);
      done = page.nextCursor === null;
      query = `limit=${limit}&cursor=${page.nextCursor}`;
    }
    query = `limit=${limit}`;
    for (let done = false; !done; ) {
      const { body } = await service.get(`/v1/months/2026-11/supporters?${query}`);
      const page = EarningsSupportersPageSchema.parse(body);
      seen.push(...page.supporters);
      done = page.nextCursor === null;
      query = `limit=${limit}&cursor=${page.nextCursor}`;
    }
    expect(writers).toEqual(expected.writers);
    const byId = supporters.toSorted((a, b) => Buffer.compare(Buffer.from(a.userId), Buffer.from(b.userId)));
    expect(seen.map(({ userId, budgetCents }) => ({ userId, budgetCents }))).toEqual(
      byId.map(({ userId, paidCents }) => ({ userId, budgetCents: paidCents })),
    );
    for (const one of seen) expect(one.fundedCents + one.unallocatedCents).toBe(one.budgetCents);
  });

  test('totals are the sums of the lists', async () => {
    const grossCents = sumCents(expected.writers.map((one) => one.grossCents));
    const platformFeeCents = sumCents(expected.writers.map((one) => one.platformFeeCents));
    const usdCents = sumCents(expected.lines.map((line) => line.usdCents));
    expect((await service.get('/v1/months/2026-11/totals')).body).toEqual({
      month: '2026-11',
      runId: run.runId,
      currency: 'usd',
      feeBasisPoints: 700,
      supporterCount: 120,
      writerCount: 9,
      lineCount: expected.lines.length,
      budgetCents: 240_000,
      fundedCents: grossCents,
      unallocatedCents: 240_000 - grossCents,
      unfundedCents: usdCents - grossCents,
      grossCents,
      platformFeeCents,
      netCents: grossCents - platformFeeCents,
    });
  });

  test('C4: a writer sees months, and lines under keys and pseudonyms that never name a supporter', async () => {
    const { userId: _, ...amounts } = expected.writers.find((one) => one.userId === writer.sub)!;
    expect((await service.get('/v1/earnings', writer)).body).toEqual({
      currency: 'usd',
      projection: expect.objectContaining({ month: '2026-12', isEarned: false }),
      totals: { ...amounts, ...unreversed },
      months: [{ month: '2026-11', ...amounts, ...unreversed }],
    });
    const { body } = await service.get('/v1/earnings/2026-11?limit=10000', writer);
    const page = EarningsMonthSchema.parse(body);
    expect(page).toMatchObject({ ...amounts, feeBasisPoints: 700, nextCursor: null });
    expect(sumCents(page.lines.map((line) => line.feeCents))).toBe(amounts.platformFeeCents);
    expect(sumCents(page.lines.map((line) => line.netCents))).toBe(amounts.netCents);
    expect(JSON.stringify(body)).not.toContain('reader');
    const own = expected.lines.filter((line) => line.recipientUserId === writer.sub);
    expect(new Set(page.lines.map((line) => line.supporter)).size).toBe(new Set(own.map((line) => line.userId)).size);
  });

  test('C4: the same supporter has another pseudonym with another writer', async () => {
    const pseudonyms = async (sub: string) => {
      const { body } = await service.get('/v1/earnings/2026-11', { sub, roles: ['writer'] });
      return EarningsMonthSchema.parse(body).lines.map((line) => line.supporter);
    };
    const others = new Set(await pseudonyms('w%4'));
    for (const pseudonym of await pseudonyms('w%3')) expect(others).not.toContain(pseudonym);
  });

  test('a writer without lines has no months, and a month without lines is not found', async () => {
    const stranger = { sub: 'nobody', roles: ['writer'] };
    const nothing = { grossCents: 0, platformFeeCents: 0, netCents: 0, lineCount: 0, ...unreversed };
    expect((await service.get('/v1/earnings', stranger)).body).toEqual({
      currency: 'usd',
      projection: expect.objectContaining({ grossCents: 0, resources: [] }),
      totals: nothing,
      months: [],
    });
    expect((await service.get('/v1/earnings/2026-11', stranger)).status).toBe(404);
    expect((await service.get('/v1/earnings/2026-10', writer)).status).toBe(404);
  });

  test.each(['lines', 'writers', 'supporters', 'totals'])(
    '%s of a month that is not calculated are not found',
    async (list) => {
      for (const month of ['2026-12', '2031-01']) {
        const { status, body } = await service.get(`/v1/months/${month}/${list}`);
        expect(status).toBe(404);
        expect(ProblemSchema.parse(body).code).toBe('not_found');
      }
      expect((await service.get(`/v1/months/2026-13/${list}`)).status).toBe(400);
    },
  );

  test.each([
    ['lines', 'cursor=x'],
    ['lines', `cursor=${Buffer.from('[1e30,0]').toString('base64url')}`],
    ['lines', 'limit=0'],
    ['lines', 'limit=10001'],
    ['lines', 'page=2'],
    ['writers', `cursor=${Buffer.from('"a\\u0000b"').toString('base64url')}`],
    ['supporters', `cursor=${Buffer.from('[]').toString('base64url')}`],
  ])('%s?%s is refused', async (list, query) => {
    const { status, body } = await service.get(`/v1/months/2026-11/${list}?${query}`);
    expect(status).toBe(400);
    expect(ProblemSchema.parse(body).code).toBe('invalid_request');
  });

  test.each([
    ['/v1/months/2026-11/lines', 'writer'],
    ['/v1/months/2026-11/writers', 'supporter'],
    ['/v1/months/2026-11/supporters', 'writer'],
    ['/v1/months/2026-11/totals', 'service'],
    ['/v1/earnings', 'admin'],
    ['/v1/earnings/2026-11', 'supporter'],
  ])('%s is not for a %s', async (path, role) => {
    expect((await service.get(path, { sub: 'w%3', roles: [role] })).status).toBe(403);
  });
});
