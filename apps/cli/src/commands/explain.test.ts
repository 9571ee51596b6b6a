import { describe, expect, test } from '@jest/globals';
import { type Explanation, ExplanationSchema, month } from '@wewrite/contracts';
import { type Explainable, explainableOf, explanationLines, followWay } from './explain.ts';

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

  /** Two supporters' lines of two writers, of which wanda's went with a payout that came back, and with the next. */
  const related: Record<string, Explanation['related']> = {
    '/v1/invoices/in_ann/explain': [],
    '/v1/invoices/in_ben/explain': [],
    '/v1/explain/ann_wanda': [
      { of: 'invoice', id: 'in_ann' },
      { of: 'writer_month', id: '2026-11', recipientUserId: 'wanda' },
      { of: 'payout', id: 'returned' },
      { of: 'payout', id: 'paid' },
    ],
    '/v1/explain/ben_wanda': [
      { of: 'invoice', id: 'in_ben' },
      { of: 'payout', id: 'paid' },
    ],
    '/v1/months/2026-11/writers/wanda/explain': [
      { of: 'line', id: 'ann_wanda' },
      { of: 'line', id: 'ben_wanda' },
      { of: 'payout', id: 'returned' },
      { of: 'payout', id: 'paid' },
    ],
    '/v1/payouts/returned/explain': [{ of: 'writer_month', id: '2026-11', recipientUserId: 'wanda' }],
    '/v1/payouts/paid/explain': [
      { of: 'payout', id: 'returned' },
      { of: 'writer_month', id: '2026-10', recipientUserId: 'wanda' },
    ],
  };
  const wayFrom = async (first: Explainable) => {
    const found = await followWay(first, async ({ of, id, path }) => {
      const to = related[path];
      return to === undefined ? null : { of, id, currency: 'usd', steps: [], related: to };
    });
    return found.map(({ of, id }) => `${of} ${id}`);
  };

  test('a payout leads back to its months, their lines and the invoices that paid for them', async () => {
    expect(await wayFrom({ of: 'payout', id: 'paid', path: '/v1/payouts/paid/explain' })).toEqual([
      'payout paid',
      'payout returned',
      'writer_month wanda',
      'line ann_wanda',
      'line ben_wanda',
      'invoice in_ann',
      'invoice in_ben',
    ]);
  });

  test('a line leads back to its invoice and on to its month and payouts, and not to the lines beside it', async () => {
    expect(await wayFrom({ of: 'line', id: 'ann_wanda', path: '/v1/explain/ann_wanda' })).toEqual([
      'line ann_wanda',
      'invoice in_ann',
      'writer_month wanda',
      'payout returned',
      'payout paid',
    ]);
  });

  test('a writer’s month leads both ways', async () => {
    expect(await wayFrom(explainableOf('wanda', month('2026-11')))).toEqual([
      'writer_month wanda',
      'line ann_wanda',
      'line ben_wanda',
      'payout returned',
      'payout paid',
      'invoice in_ann',
      'invoice in_ben',
    ]);
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
