import {
  AllocationAnswerSchema,
  type AllocationSummary,
  AllocationsSchema,
  type BillingInvoice,
  BillingInvoicesSchema,
  BillingSubscribedSchema,
  type BillingSubscription,
  BillingSubscriptionAnswerSchema,
  UserIdSchema,
} from '@wewrite/contracts';
import { pathOf } from '../../apps/cli/src/demo/api.ts';
import { changeCard } from '../../apps/cli/src/demo/play-event.ts';
import type { Place } from './place.ts';

/** What supporters do, each thing known everywhere before the next. */
export interface Supporters {
  /** Subscribes with a card, by which the rest of the month is paid at once. */
  subscribes(userId: string, monthlyCents: number, card?: string): Promise<void>;
  /** Pays an amount for the running month, half of which must be over, and nothing for later ones. */
  paysOnce(userId: string, amountCents: number, card?: string): Promise<void>;
  /** Pays once, and gives of it to writers' pages. */
  gives(userId: string, amountCents: number, plan: Readonly<Record<string, number>>, card?: string): Promise<void>;
  /** Subscribes without a card; gives the address of Stripe's page. */
  opensCheckout(userId: string, monthlyCents: number): Promise<string>;
  completesCheckout(url: string, card: string): Promise<void>;
  /** Wants to pay another amount from now on, or from the next month. */
  changesAmount(userId: string, monthlyCents: number, from?: 'now' | 'next_month'): Promise<BillingSubscription>;
  cancels(userId: string): Promise<void>;
  /** Pays with another card from now on. */
  changesCard(userId: string, card: string): Promise<void>;
  /** Pays the invoice that is open, as on Stripe's page. */
  paysOpenInvoice(userId: string): Promise<void>;
  /** Holds the phone to the face, as the bank asks for the payment of the invoice that is open. */
  authenticates(userId: string): Promise<void>;
  /** Sets what the writers' pages get a month. */
  allocates(userId: string, plan: Readonly<Record<string, number>>): Promise<void>;
  planOf(userId: string): Promise<AllocationSummary>;
  subscriptionOf(userId: string): Promise<BillingSubscription>;
  /** Newest first. */
  invoicesOf(userId: string): Promise<readonly BillingInvoice[]>;
}

/** The supporters of a place. */
export function supportersOf(place: Place): Supporters {
  const { ask, settled, world, platform, atSandbox } = place;
  const subscription = { path: '/v1/subscription', answer: BillingSubscriptionAnswerSchema } as const;
  const subscribed = { path: '/v1/subscription', method: 'POST', answer: BillingSubscribedSchema } as const;
  const order = (userId: string, monthlyCents: number, card = 'pm_card_visa') =>
    ask(userId, { ...subscribed, body: { monthlyCents, paymentMethodId: card } });
  const paysOnce: Supporters['paysOnce'] = async (userId, amountCents, card) => {
    await order(userId, 2 * amountCents, card);
    await place.befalls('subscription_cancelled', userId);
  };
  const allocates: Supporters['allocates'] = async (userId, plan) => {
    for (const [writer, usdCents] of Object.entries(plan)) {
      const path = pathOf('allocations', 'page', writer);
      await ask(userId, { method: 'PUT', path, body: { usdCents }, answer: AllocationAnswerSchema });
    }
    await settled();
  };
  const invoicesOf: Supporters['invoicesOf'] = async (userId) => {
    const request = { method: 'GET', path: '/v1/invoices?limit=200', answer: BillingInvoicesSchema } as const;
    const { invoices } = await ask(userId, request);
    return invoices.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
  };
  const openInvoiceOf = async (userId: string) => {
    const open = (await invoicesOf(userId)).find(({ status }) => status === 'open');
    if (open === undefined) throw new Error(`${userId} has no open invoice`);
    return open.invoiceId;
  };
  return {
    subscribes: async (userId, monthlyCents, card) => {
      await order(userId, monthlyCents, card);
      await settled();
    },
    paysOnce,
    gives: async (userId, amountCents, plan, card) => {
      await paysOnce(userId, amountCents, card);
      await allocates(userId, plan);
    },
    opensCheckout: async (userId, monthlyCents) => {
      const { checkoutUrl } = await ask(userId, { ...subscribed, body: { monthlyCents } });
      if (checkoutUrl === null) throw new Error(`${userId} is led to no checkout`);
      return checkoutUrl;
    },
    completesCheckout: async (url, card) => {
      await atSandbox(new URL(url).pathname, { card });
    },
    changesAmount: async (userId, monthlyCents, from = 'now') => {
      const changed = await ask(userId, { ...subscription, method: 'PATCH', body: { monthlyCents, from } });
      await settled();
      return present(userId, changed.subscription);
    },
    cancels: (userId) => place.befalls('subscription_cancelled', userId),
    changesCard: async (userId, card) => {
      await changeCard(world, UserIdSchema.parse(userId), card);
      await settled();
    },
    paysOpenInvoice: async (userId) => {
      await platform.stripe.invoices.pay(await openInvoiceOf(userId));
      await settled();
    },
    authenticates: async (userId) => {
      await atSandbox(`/_sandbox/invoices/${await openInvoiceOf(userId)}`, { scene: 'authenticate' });
    },
    allocates,
    planOf: async (userId) => {
      const { summary } = await ask(userId, { method: 'GET', path: '/v1/allocations', answer: AllocationsSchema });
      return summary;
    },
    subscriptionOf: async (userId) => {
      const answer = await ask(userId, { ...subscription, method: 'GET' });
      return present(userId, answer.subscription);
    },
    invoicesOf,
  };
}

function present(userId: string, subscription: BillingSubscription | null): BillingSubscription {
  if (subscription === null) throw new Error(`${userId} has no subscription`);
  return subscription;
}
