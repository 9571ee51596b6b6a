import { describe, expect, test } from '@jest/globals';
import { requireDescribed } from './described-calls.ts';
import { StripeFailure } from './stripe-failure.ts';

const order = { amount: '500', currency: 'usd', destination: 'acct_1', transfer_group: 'close-2026-11' };

describe('what Stripe’s own description of a call does not know', () => {
  test('is refused, by the name of the call and of the parameter', () => {
    expect(() => requireDescribed('POST /v1/transfers', order)).not.toThrow();
    for (const [parameters, why] of [
      [{ ...order, writer: 'wanda' }, 'writer is unknown'],
      [{ ...order, source_type: 'cash' }, 'source_type is none of bank_account, card, fpx'],
      [{ amount: '500', currency: 'usd' }, 'destination is missing'],
    ] as const) {
      const call = () => requireDescribed('POST /v1/transfers', parameters);
      expect(call).toThrow(StripeFailure);
      expect(call).toThrow(`description of POST /v1/transfers does not fit: ${why}`);
    }
  });

  test('holds for nested parameters and for those of v2, which come as JSON', () => {
    const product_data = { name: 'WeWrite' };
    const items = { 0: { price_data: { currency: 'usd', product_data, recurring: { interval: 'month' } } } };
    expect(() => requireDescribed('POST /v1/subscriptions', { customer: 'cus_1', items })).toThrow(
      'items[0][price_data]',
    );
    const payment = {
      from: { financial_account: 'fa_1', currency: 'usd' },
      to: { recipient: 'acct_1' },
      amount: { value: 100, currency: 'usd' },
    };
    const path = 'POST /v2/money_management/outbound_payments';
    expect(() => requireDescribed(path, payment)).not.toThrow();
    expect(() => requireDescribed(path, { ...payment, transfer_group: 'close-2026-11' })).toThrow('transfer_group');
  });

  test('a call that nobody described is a bug of ours', () => {
    expect(() => requireDescribed('POST /v1/nothing', {})).toThrow('is not described');
  });
});
