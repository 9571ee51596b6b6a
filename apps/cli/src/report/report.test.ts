import { describe, expect, test } from '@jest/globals';
import {
  type EarningsLine,
  type MonthProgress,
  MonthProgressSchema,
  month,
  type WriterPayout,
  WriterPayoutSchema,
} from '@wewrite/contracts';
import { linesCsv } from './lines.ts';
import type { ClosedMonth } from './read-month.ts';
import { ReportSchema } from './report.ts';
import { reportMonth } from './report-month.ts';

const october = month('2026-10');

const progress: MonthProgress = MonthProgressSchema.parse({
  month: october,
  runId: '2a8feb82-59f9-514f-95f6-634a9a34f1ac',
  kind: 'close',
  state: 'reconciled',
  reconciled: true,
  unexplainedCents: 0,
  traceId: 'abc',
  steps: [
    { step: 'lock', service: 'allocations', expected: 1, done: 1, state: 'done', durationMs: 12, sums: {} },
    { step: 'lines', service: 'earnings', expected: 1, done: 1, state: 'done', durationMs: null, sums: {} },
  ],
  waitingFor: [],
  equations: [],
  differences: [],
});

function payout(userId: string, of: Partial<Record<keyof WriterPayout, unknown>>): WriterPayout {
  return WriterPayoutSchema.parse({
    userId,
    payoutStatus: 'skipped',
    payoutReason: 'below_minimum',
    nextDate: '2026-12-01',
    payoutId: null,
    transferId: null,
    payoutGrossCents: 0,
    processingFeeCents: 0,
    payoutNetCents: 0,
    carriedOverCents: 0,
    ...of,
  });
}

const closed = {
  month: october,
  writers: [
    { userId: 'éva', grossCents: 100, platformFeeCents: 7, netCents: 93, lineCount: 1 },
    { userId: 'zoe', grossCents: 5_000, platformFeeCents: 350, netCents: 4_650, lineCount: 2 },
  ],
  supporters: [{ userId: 'sam', budgetCents: 6_000, fundedCents: 5_100, unallocatedCents: 900, unfundedCents: 0 }],
  payouts: [
    payout('zoe', {
      payoutStatus: 'paid',
      payoutReason: null,
      transferId: 'tr_1',
      payoutGrossCents: 4_650,
      processingFeeCents: 165,
      payoutNetCents: 4_485,
    }),
    payout('éva', { carriedOverCents: 93 }),
    payout('old', { payoutReason: 'no_payout_account', carriedOverCents: 7_000 }),
  ],
} as unknown as ClosedMonth;

describe('the report', () => {
  const report = reportMonth(closed, progress, ['sam', 'idle']);

  test('has exactly the agreed fields', () => {
    expect(ReportSchema.parse({ months: [report] })).toEqual({ months: [report] });
    expect(report.durationsMs).toEqual({ lock: 12, lines: 0 });
  });

  test('D1: adds up, and carries over what is not paid', () => {
    expect(report).toMatchObject({ grossCents: 5_100, platformFeeCents: 357, netCents: 4_743, fundedCents: 5_100 });
    expect(report).toMatchObject({ payoutGrossCents: 4_650, processingFeeCents: 165, payoutNetCents: 4_485 });
    expect(report.carriedOverCents).toBe(7_093);
  });

  test('lists writers with a line or a balance and all supporters, by UTF-8 bytes', () => {
    expect(report.writers.map(({ userId }) => userId)).toEqual(['old', 'zoe', 'éva']);
    expect(report.supporters).toEqual([
      { userId: 'idle', budgetCents: 0, fundedCents: 0, unallocatedCents: 0, unfundedCents: 0 },
      closed.supporters[0],
    ]);
  });

  test('does not pass over a payout under way', () => {
    const payouts = [payout('zoe', { payoutStatus: 'under_way' }), payout('éva', {})];
    expect(() => reportMonth({ ...closed, payouts }, progress, [])).toThrow('zoe in 2026-10 is still under way');
  });
});

describe('lines', () => {
  test('are sorted by month, then line id by UTF-8 bytes, and quoted where they need to be', () => {
    const line = (lineId: string, of: string) =>
      ({
        lineId,
        month: of,
        userId: 'sam',
        recipientUserId: 'zoe',
        resourceType: 'page',
        resourceId: 'a,b',
        usdCents: 3,
        fundedCents: 2,
        feeCents: 1,
      }) as unknown as EarningsLine;
    const csv = linesCsv([
      line('\u{1f600}', '2026-10'),
      line('\uffee', '2026-10'),
      line('b', '2026-11'),
      line('a', '2026-10'),
    ]);
    expect(csv.split('\n')).toEqual([
      'line_id,month,user_id,recipient_user_id,resource_type,resource_id,usd_cents,funded_cents,fee_cents',
      'a,2026-10,sam,zoe,page,"a,b",3,2,1',
      '\uffee,2026-10,sam,zoe,page,"a,b",3,2,1',
      '\u{1f600},2026-10,sam,zoe,page,"a,b",3,2,1',
      'b,2026-11,sam,zoe,page,"a,b",3,2,1',
      '',
    ]);
  });
});
