import type Stripe from 'stripe';
import { z } from 'zod';
import { newId } from '../engine/object-ids.ts';
import { amountCents, currency, words } from '../engine/parameters.ts';
import type { Stored } from '../engine/stored.ts';
import type { Turn } from '../engine/turn.ts';
import { requireProduct } from './product.ts';

export type Price = Stored<Stripe.Price>;
export type Plan = Stored<Stripe.Plan>;

const largestAmountCents = 99_999_999;

/** A price given in place, monthly, for a product that exists. */
export const priceData = z.strictObject({
  currency,
  product: words,
  unit_amount: amountCents(0).refine((cents) => cents <= largestAmountCents, 'Amount must be no more than $999,999.99'),
  recurring: z.strictObject({ interval: z.literal('month'), interval_count: z.literal('1').optional() }),
});

/** The price that `price_data` makes: inactive, so that nothing else can use it. */
export function newPrice(turn: Turn, given: z.output<typeof priceData>): Price {
  const product = requireProduct(turn, given.product, 'items[0][price_data][product]');
  return {
    id: newId('price'),
    object: 'price',
    active: false,
    billing_scheme: 'per_unit',
    created: turn.nowSeconds,
    currency: given.currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: null,
    metadata: {},
    nickname: null,
    product: product.id,
    recurring: { interval: 'month', interval_count: 1, meter: null, trial_period_days: null, usage_type: 'licensed' },
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: 'recurring',
    unit_amount: given.unit_amount,
    unit_amount_decimal: String(given.unit_amount),
  };
}

/** The same price in the older form that subscription items still carry. */
export function planOf(price: Price): Plan {
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: 'per_unit',
    created: price.created,
    currency: price.currency,
    interval: 'month',
    interval_count: 1,
    livemode: false,
    metadata: {},
    meter: null,
    nickname: null,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: 'licensed',
  };
}
