import { describe, expect, test } from '@jest/globals';
import { ExplanationSchema, month } from '@wewrite/contracts';
import { explainableOf, explanationLines } from './explain.ts';

describe('wewrite explain', () => {
  test.each([
    ['in_1QxYz', undefined, 'invoice', '/v1/invoices/in_1QxYz/explain'],
    [
      '3f2b8a54-8f0b-5c7e-9a51-52f8a5b0c9aa',
      undefined,
      'payout',
      '/v1/payouts/3f2b8a54-8f0b-5c7e-9a51-52f8a5b0c9aa/explain',
    ],
    ['ab'.repeat(32), undefined, 'line', `/v1/explain/${'ab'.repeat(32)}`],
    ['ann_page_a%5Fb_2026-11', undefined, 'line', '/v1/explain/ann_page_a%255Fb_2026-11'],
    ['wan/da', '2026-11', 'writer_month', '/v1/months/2026-11/writers/wan%2Fda/explain'],
  ] as const)('%s %s is a %s', (id, of, kind, path) => {
    expect(explainableOf(id, of === undefined ? undefined : month(of))).toEqual({ of: kind, id, path });
  });

  test('each amount has a row, and each step names its message', () => {
    const explanation = ExplanationSchema.parse({
      of: 'writer_month',
      id: '2026-11',
      currency: 'usd',
      steps: [
        {
          step: 'earnings',
          id: '2026-11',
          totalCents: 1_000,
          parts: [
            { label: 'net', cents: 930, id: null },
            { label: 'platform fee', cents: 70, id: 'fee' },
          ],
          why: 'because',
          evidence: [
            { topic: 'month.locked', messageId: 'm1', partition: 3, offset: 7, traceId: 'ff' },
            { topic: 'earnings.calculated', messageId: 'm2', partition: null, offset: null, traceId: null },
          ],
        },
      ],
      related: [],
    });
    expect(explanationLines(explanation)).toEqual([
      'writer month 2026-11',
      '  earnings         $10.00  2026-11',
      '                    $9.30    net',
      '                    $0.70    platform fee (fee)',
      '                           because',
      '                           month.locked m1 at 3:7, trace ff',
      '                           earnings.calculated m2',
    ]);
  });
});
