import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compareUtf8, isId, lineIdOf, month, resourceTypes } from '@wewrite/contracts';
import fc from 'fast-check';
import { sql } from 'kysely';
import { type EarningsService, startEarnings } from './earnings-service.ts';
import { expectedMonth, lockMonth, runOf, type Supporter } from './locked-month.ts';

/** Ids that a careless line id, sort or COPY would stumble over. */
const oddIds = [
  '%',
  '_',
  '%5F',
  '%25',
  'user_bio_1',
  'a_page_b',
  '\\',
  "'; drop table line; --",
  '"',
  ',{}',
  'NULL',
  ' ',
  '-',
  'a.b',
  'ä',
  'ﬀ',
  '𝒳',
  '～',
  '日本',
  'Z',
  'a',
  'A',
];
const id = fc.oneof(
  fc.constantFrom(...oddIds),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((text) => isId(text)),
);

/** Small amounts make ties and remainders, large ones products beyond bigint. */
const amount = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 12 }) },
  { weight: 3, arbitrary: fc.constantFrom(100, 333, 500) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 1_000_000_000_000 }) },
);

const supporter = fc.record({
  userId: id,
  paidCents: amount,
  lines: fc.uniqueArray(
    fc.record({
      resourceType: fc.constantFrom(...resourceTypes),
      resourceId: id,
      recipientUserId: fc.constantFrom('w1', 'w2', 'w_3', 'ŵ4'),
      usdCents: amount,
    }),
    { maxLength: 12, selector: (line) => `${line.resourceType} ${line.resourceId}` },
  ),
});
const community = fc.uniqueArray(supporter, { minLength: 1, maxLength: 25, selector: ({ userId }) => userId });

describe('the platform fee', () => {
  let service: EarningsService;
  let months = 0;
  beforeAll(async () => {
    service = await startEarnings();
  });
  afterAll(() => service.harness.stop());

  async function expectExactCents(supporters: readonly Supporter[], supportersPerChunk: number): Promise<string> {
    const run = runOf(`${2000 + Math.floor(months / 12)}-${String((months % 12) + 1).padStart(2, '0')}`);
    months++;
    const { chunks, closing } = lockMonth(run, supporters, supportersPerChunk);
    await service.say([...chunks, closing]);
    await service.harness.settled();
    const expected = expectedMonth(run, supporters);
    expect((await service.get(`/v1/months/${run.month}/writers`)).body).toEqual({
      writers: expected.writers,
      nextCursor: null,
    });
    expect(await service.lines(run.month, 10_000)).toEqual(expected.lines);
    return run.month;
  }

  test('A6, C1: of lines with equal remainders the smaller id bears the cent that is left over', async () => {
    const half = (resourceId: string) =>
      ({ resourceType: 'page', resourceId, recipientUserId: 'w', usdCents: 50 }) as const;
    // 7 ¢ of 100 are 3.5 ¢ a line.
    const month = await expectExactCents([{ userId: 'a', paidCents: 100, lines: [half('2'), half('1')] }], 1);
    const fees = (await service.lines(month)).map(({ resourceId, feeCents }) => [resourceId, feeCents]);
    expect(fees.sort()).toEqual([
      ['1', 4],
      ['2', 3],
    ]);
  });

  test('A6, C1: spreads over lines as `spread` does, whatever the ids and amounts', async () => {
    const property = fc.asyncProperty(community, fc.integer({ min: 1, max: 5 }), async (supporters, perChunk) => {
      await expectExactCents(supporters, perChunk);
    });
    await fc.assert(property, { numRuns: 60 });
  }, 120_000);

  test('C1: is rounded half up on the month, not on the line', async () => {
    const line = (resourceId: string, usdCents: number) =>
      ({ resourceType: 'page', resourceId, recipientUserId: 'w', usdCents }) as const;
    const supporters: Supporter[] = [
      { userId: 'a', paidCents: 50, lines: [line('1', 25), line('2', 25)] },
      { userId: 'b', paidCents: 50, lines: [line('1', 20), line('3', 30)] },
    ];
    expect(expectedMonth(runOf('2026-11'), supporters).writers).toEqual([
      { userId: 'w', grossCents: 100, platformFeeCents: 7, netCents: 93, lineCount: 4 },
    ]);
    await expectExactCents(supporters, 2);
    // 50 × 7 % = 3.5
    const halfCent = await expectExactCents([{ userId: 'a', paidCents: 50, lines: [line('1', 50)] }], 1);
    expect((await service.lines(halfCent))[0]?.feeCents).toBe(4);
  });

  test('C1: of a writer with 50,000 lines is exact on each of them', async () => {
    const supporters = Array.from({ length: 10_000 }, (_, index) => ({
      userId: `supporter-${index}`,
      paidCents: 1_000,
      lines: Array.from({ length: 5 }, (_, line) => ({
        resourceType: 'page' as const,
        resourceId: `page_${line}`,
        recipientUserId: 'famous',
        usdCents: 100 + ((index * 7 + line) % 13),
      })),
    }));
    await expectExactCents(supporters, 1_000);
  });

  test('the line id in SQL is that of the contracts', async () => {
    const pairs = oddIds.flatMap((userId) => oddIds.map((resourceId) => ({ userId, resourceId })));
    const { rows } = await sql<{ line_id: string }>`
      select line_id(user_id, 'user_bio', resource_id, '2026-11') as line_id
      from unnest(${pairs.map((pair) => pair.userId)}::text[], ${pairs.map((pair) => pair.resourceId)}::text[])
        with ordinality as pair (user_id, resource_id, place)
      order by place`.execute(service.harness.database('earnings').kysely);
    const expected = pairs.map(({ userId, resourceId }) =>
      lineIdOf(userId, { resourceType: 'user_bio', resourceId }, month('2026-11')),
    );
    expect(rows.map((row) => row.line_id)).toEqual(expected);
    expect(new Set(expected).size).toBe(pairs.length);
  });

  test('A6: ties in SQL go by UTF-8 bytes', async () => {
    const { rows } = await sql<{ id: string }>`
      select id collate "C" as id from unnest(${oddIds}::text[]) as odd (id) order by id collate "C"`.execute(
      service.harness.database('earnings').kysely,
    );
    expect(rows.map((row) => row.id)).toEqual(oddIds.toSorted(compareUtf8));
  });
});
