import { describe, expect, test } from '@jest/globals';
import { MonthProgressSchema } from '@wewrite/contracts';
import { reconciliationLines } from './reconcile.ts';

const month = {
  month: '2026-11',
  runId: '2a8feb82-59f9-514f-95f6-634a9a34f1ac',
  kind: 'close',
  state: 'unexplained',
  reconciled: false,
  unexplainedCents: 7,
  traceId: null,
  steps: [],
  waitingFor: [],
  equations: [
    { name: 'billing: assets = liabilities', leftCents: 123_456, rightCents: 123_456, differenceCents: 0 },
    { name: 'earnings net = payouts net', leftCents: 837, rightCents: 830, differenceCents: 7 },
  ],
  differences: [],
};

describe('a month’s reconciliation for people', () => {
  test('F1: shows each equation with its sides, and the cents that are not explained', () => {
    expect(reconciliationLines(MonthProgressSchema.parse(month))).toEqual([
      'billing: assets = liabilities  $1,234.56 = $1,234.56',
      'earnings net = payouts net     $8.37 ≠ $8.30',
      'month 2026-11: 7 ¢ unexplained',
    ]);
  });

  test('F1: a month that is still running has no verdict', () => {
    const running = { ...month, state: 'running', unexplainedCents: null, equations: [] };
    expect(reconciliationLines(MonthProgressSchema.parse(running))).toEqual(['month 2026-11: still running']);
  });
});
