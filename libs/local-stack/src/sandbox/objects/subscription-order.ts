import { z } from 'zod';
import type { ParametersOf } from '../engine/endpoint.ts';
import { metadata } from '../engine/metadata.ts';
import { between, flag, listOf, words } from '../engine/parameters.ts';
import { priceData } from './price.ts';

/** The parameters of `subscriptions.create`. */
export const subscriptionOrder = {
  customer: words,
  items: listOf(
    z.strictObject({ price_data: priceData, quantity: between(1, 1000).optional(), metadata: metadata.optional() }),
  ).refine((items) => items.length === 1, 'the sandbox knows subscriptions with one item'),
  billing_mode: z.strictObject({ type: z.literal('flexible') }).optional(),
  billing_cycle_anchor_config: z
    .strictObject({
      day_of_month: between(1, 31),
      hour: between(0, 23).optional(),
      minute: between(0, 59).optional(),
      second: between(0, 59).optional(),
    })
    .optional(),
  proration_behavior: z.enum(['create_prorations', 'always_invoice', 'none']).optional(),
  payment_behavior: z.enum(['allow_incomplete', 'default_incomplete', 'error_if_incomplete']).optional(),
  payment_settings: z
    .strictObject({
      payment_method_types: listOf(z.literal('card')).optional(),
      save_default_payment_method: z.enum(['off', 'on_subscription']).optional(),
    })
    .optional(),
  collection_method: z.literal('charge_automatically').optional(),
  cancel_at_period_end: flag.optional(),
  default_payment_method: words.optional(),
  description: words.optional(),
  off_session: flag.optional(),
  metadata: metadata.optional(),
};

/** They, once checked. */
export type SubscriptionOrder = ParametersOf<typeof subscriptionOrder>;
