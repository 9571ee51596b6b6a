import { newId } from '../engine/object-ids.ts';
import type { Turn } from '../engine/turn.ts';
import { anchorAt, billingMonth, type Period } from './billing-period.ts';
import { type Price, planOf } from './price.ts';
import { anchorOfConfig, type Subscription, type SubscriptionItem } from './subscription.ts';
import type { SubscriptionOrder } from './subscription-order.ts';

/** A subscription as it begins: incomplete, in a first period that ends at the next anchor. */
export function newSubscription(turn: Turn, order: SubscriptionOrder, price: Price, quantity: number): Subscription {
  const id = newId('sub');
  const now = turn.nowSeconds;
  const config = anchorConfigOf(order);
  const month = billingMonth(config === null ? anchorAt(now) : anchorOfConfig(config), now);
  const item = newItem(id, now, price, quantity, { start: now, end: month.end });
  const ending = order.cancel_at_period_end ?? false;
  return {
    ...emptySubscription,
    id,
    billing_cycle_anchor: month.start === now ? now : month.end,
    billing_cycle_anchor_config: config,
    cancel_at: ending ? month.end : null,
    cancel_at_period_end: ending,
    canceled_at: ending ? now : null,
    created: now,
    currency: price.currency,
    customer: order.customer,
    default_payment_method: order.default_payment_method ?? null,
    description: order.description ?? null,
    items: { object: 'list', data: [item], has_more: false, url: `/v1/subscription_items?subscription=${id}` },
    metadata: order.metadata ?? {},
    payment_settings: {
      payment_method_options: null,
      payment_method_types: order.payment_settings?.payment_method_types ?? null,
      save_default_payment_method: order.payment_settings?.save_default_payment_method ?? 'off',
    },
    start_date: now,
  };
}

function anchorConfigOf({ billing_cycle_anchor_config: config }: SubscriptionOrder) {
  if (config === undefined) return null;
  const { day_of_month, hour = 0, minute = 0, second = 0 } = config;
  return { day_of_month, hour, minute, month: null, second };
}

function newItem(
  subscriptionId: string,
  created: number,
  price: Price,
  quantity: number,
  period: Period,
): SubscriptionItem {
  return {
    id: newId('si'),
    object: 'subscription_item',
    billing_thresholds: null,
    created,
    current_period_end: period.end,
    current_period_start: period.start,
    current_trial: null,
    discounts: [],
    metadata: {},
    plan: planOf(price),
    price,
    quantity,
    subscription: subscriptionId,
    tax_rates: [],
  };
}

/** What is the same in every new subscription. */
const emptySubscription = {
  object: 'subscription',
  application: null,
  application_fee_percent: null,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null },
  billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible' },
  billing_schedules: [],
  billing_thresholds: null,
  cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
  collection_method: 'charge_automatically',
  customer_account: null,
  days_until_due: null,
  default_source: null,
  default_tax_rates: [],
  discounts: [],
  ended_at: null,
  invoice_settings: {
    account_tax_ids: null,
    custom_fields: null,
    description: null,
    footer: null,
    issuer: { type: 'self' },
  },
  latest_invoice: null,
  livemode: false,
  managed_payments: null,
  next_pending_invoice_item_invoice: null,
  on_behalf_of: null,
  pause_collection: null,
  pending_invoice_item_interval: null,
  pending_setup_intent: null,
  pending_update: null,
  schedule: null,
  status: 'incomplete',
  test_clock: null,
  transfer_data: null,
  trial_end: null,
  trial_settings: { end_behavior: { billing_cycle_anchor: null, missing_payment_method: 'create_invoice' } },
  trial_start: null,
} satisfies Partial<Subscription>;
