import type Stripe from 'stripe';
import { z } from 'zod';
import { defineCollection } from '../engine/collections.ts';
import { endpoint } from '../engine/endpoint.ts';
import { listPage } from '../engine/lists.ts';
import { createdRange, page, words } from '../engine/parameters.ts';
import type { Stored } from '../engine/stored.ts';
import { missing } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { anchorAt, type BillingAnchor, type Period } from './billing-period.ts';

export type Subscription = Stored<Stripe.Subscription>;
export type SubscriptionItem = Stored<Stripe.SubscriptionItem>;

export const subscriptions = defineCollection<Subscription>('subscription', {
  customer: ({ customer }) => customer,
  status: ({ status }) => status,
});

const statuses = [
  'active',
  'all',
  'canceled',
  'ended',
  'incomplete',
  'incomplete_expired',
  'past_due',
  'paused',
  'trialing',
  'unpaid',
] as const;

export const subscriptionEndpoints = [
  endpoint(
    'GET',
    '/v1/subscriptions',
    {
      ...page,
      created: createdRange.optional(),
      customer: words.optional(),
      status: z.enum(statuses).optional(),
    },
    (turn, { created, customer, status, ...ofPage }) =>
      listPage(turn.store, subscriptions, {
        url: '/v1/subscriptions',
        filter: { equals: { customer }, anyOf: statusesMeant(status), created },
        page: ofPage,
      }),
  ),
  endpoint('GET', '/v1/subscriptions/:id', {}, (turn, _parameters, id) => requireSubscription(turn, id)),
];

export function requireSubscription(turn: Turn, id: string): Subscription {
  const subscription = turn.store.find(subscriptions, id);
  if (subscription === undefined) throw missing('subscription', id);
  return subscription;
}

/** Ours have exactly one item. */
export function itemOf(subscription: Subscription): SubscriptionItem {
  const [item] = subscription.items.data;
  if (item === undefined) throw new Error(`subscription ${subscription.id} has no item`);
  return item;
}

/** What an item costs for a whole month. */
export function monthlyCents({ price, quantity }: SubscriptionItem): number {
  return (price.unit_amount ?? 0) * (quantity ?? 1);
}

/** The moment of the month at which a subscription renews. */
export function anchorOf(subscription: Subscription): BillingAnchor {
  const config = subscription.billing_cycle_anchor_config;
  return config === null ? anchorAt(subscription.billing_cycle_anchor) : anchorOfConfig(config);
}

export function anchorOfConfig(config: Stored<Stripe.Subscription.BillingCycleAnchorConfig>): BillingAnchor {
  return { day: config.day_of_month, hour: config.hour ?? 0, minute: config.minute ?? 0, second: config.second ?? 0 };
}

export function currentPeriod(subscription: Subscription): Period {
  const { current_period_start: start, current_period_end: end } = itemOf(subscription);
  return { start, end };
}

/** Whether it is over for good. */
export function hasEnded(subscription: Subscription): boolean {
  return subscription.status === 'canceled' || subscription.status === 'incomplete_expired';
}

/** Without a status Stripe lists all that are not canceled. */
function statusesMeant(status: (typeof statuses)[number] | undefined) {
  if (status === 'all') return undefined;
  if (status === 'ended') return { lookup: 'status', values: ['canceled', 'incomplete_expired'] };
  if (status !== undefined) return { lookup: 'status', values: [status] };
  const shown = statuses.filter((each) => !['all', 'ended', 'canceled'].includes(each));
  return { lookup: 'status', values: shown };
}
