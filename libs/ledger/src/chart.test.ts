import { describe, expect, test } from '@jest/globals';
import { defineChart } from './chart.ts';

describe('a chart of accounts', () => {
  const chart = defineChart({
    'stripe:': { type: 'asset', currency: 'usd' },
    'stripe:fees': { type: 'expense', currency: 'usd' },
    'stripe:storage:': { type: 'liability', currency: 'usd' },
    control: { type: 'asset', currency: 'usd' },
  });
  const typeOf = (accountId: string) => chart.rules[chart.ruleIndexOf(accountId)]?.type;

  test('the longest name that fits an account counts', () => {
    expect(typeOf('stripe:fees')).toBe('expense');
    expect(typeOf('stripe:feesX')).toBe('asset');
    expect(typeOf('stripe:storage:fa_1')).toBe('liability');
    expect(typeOf('stripe:storage')).toBe('asset');
    expect(typeOf('control')).toBe('asset');
  });

  test.each(['controls', 'stripe', 'stripe:', 'Control', '', 'payable:a'])('there is no account %j', (accountId) => {
    expect(() => chart.ruleIndexOf(accountId)).toThrow(`account ${accountId} is not in the chart of accounts`);
  });
});
