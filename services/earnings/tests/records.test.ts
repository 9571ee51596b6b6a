import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EarningsMonthSchema } from '@wewrite/contracts';
import { type Caller, type EarningsService, startEarnings } from './earnings-service.ts';
import { calculateMonth, expectedMonth, runOf, type Supporter } from './locked-month.ts';

const run = runOf('2026-11');
const wanda: Caller = { sub: 'wanda & <co>', roles: ['writer'] };
const supporters: Supporter[] = Array.from({ length: 40 }, (_, index) => ({
  userId: `reader ${index}`,
  paidCents: 2_000,
  lines: ['a,"b"', '<script>', 'plain'].map((resourceId, line) => ({
    resourceType: 'page',
    resourceId,
    recipientUserId: wanda.sub,
    usdCents: 101 + 7 * index + line,
  })),
}));

describe('a writer’s records', () => {
  let service: EarningsService;
  beforeAll(async () => {
    service = await startEarnings();
    await calculateMonth(service, run, supporters, 9);
  });
  afterAll(() => service.harness.stop());

  test('C4: a month as CSV has each line once, under keys and pseudonyms, and adds up', async () => {
    const response = await service.fetch('/v1/earnings/2026-11.csv', wanda);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="earnings-2026-11.csv"');
    const [header, ...rows] = (await response.text()).trimEnd().split('\r\n');
    expect(header).toBe(
      'line_key,supporter,resource_type,resource_id,status,usd_cents,funded_cents,platform_fee_cents,net_cents,' +
        'reversed_gross_cents,reversed_platform_fee_cents,reversed_net_cents,' +
        'disputed_gross_cents,disputed_platform_fee_cents,disputed_net_cents',
    );
    const { body } = await service.get('/v1/earnings/2026-11?limit=10000', wanda);
    const { lines, netCents } = EarningsMonthSchema.parse(body);
    expect(rows.map((row) => row.slice(0, 64))).toEqual(lines.map((line) => line.lineKey));
    expect(rows.reduce((sum, row) => sum + Number(row.split(',').at(-7)), 0)).toBe(netCents);
    expect(rows.filter((row) => row.includes(',"a,""b""",'))).toHaveLength(40);
    expect(rows.join()).not.toContain('reader');
  });

  test('C4: all months as CSV', async () => {
    const text = await (await service.fetch('/v1/earnings.csv', wanda)).text();
    const [expected] = expectedMonth(run, supporters).writers;
    const { grossCents, platformFeeCents, netCents, lineCount } = expected!;
    expect(text.split('\r\n')[1]).toBe(
      `2026-11,${lineCount},${grossCents},${platformFeeCents},${netCents},0,0,0,0,0,0`,
    );
  });

  test('C4: the statement is a page without scripts or foreign parts, whose style its policy names', async () => {
    const response = await service.fetch('/v1/earnings/2026-11/statement', wanda);
    const text = await response.text();
    const style = /<style>(.*?)<\/style>/s.exec(text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(text).not.toMatch(/<script|https?:|src=/);
    expect(text).toContain('page &lt;script&gt;');
    expect(text).toContain('Writer wanda &amp; &lt;co&gt;.');
    expect(text).not.toContain('reader');
  });

  test('D7: the rows of a statement add up to its total', async () => {
    const text = await (await service.fetch('/v1/earnings/2026-11/statement', wanda)).text();
    const amounts = [...text.matchAll(/<t[rh].*?<\/tr>/g)].map(([row]) =>
      [...row.matchAll(/\$([\d,.]+)/g)].map(([, amount]) => Math.round(Number(amount!.replaceAll(',', '')) * 100)),
    );
    const rows = amounts.filter((row) => row.length === 3);
    const total = rows.pop();
    expect(rows).toHaveLength(3);
    expect(total).toEqual([0, 1, 2].map((column) => rows.reduce((sum, row) => sum + row[column]!, 0)));
  });

  test('C6: a statement names what is held', async () => {
    await service.post('/v1/holds', { month: '2026-11', recipientUserId: wanda.sub, reason: 'a <b>question</b>' });
    const text = await (await service.fetch('/v1/earnings/2026-11/statement', wanda)).text();
    expect(text).toContain('On hold: a &lt;b&gt;question&lt;/b&gt;');
  });

  test.each(['/v1/earnings/2026-11.csv', '/v1/earnings/2026-11/statement', '/v1/earnings.csv'])(
    '%s is for writers only',
    async (path) => {
      expect((await service.fetch(path, { sub: 'reader 1', roles: ['supporter'] })).status).toBe(403);
    },
  );

  test.each(['/v1/earnings/2026-12.csv', '/v1/earnings/2026-12/statement'])('%s is not found', async (path) => {
    expect((await service.fetch(path, wanda)).status).toBe(404);
  });
});
