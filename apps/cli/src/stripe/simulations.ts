import type Stripe from 'stripe';
import { orderAtSandbox } from '../demo/order-at-sandbox.ts';
import { RunFailure } from '../exit-codes.ts';
import { type Choice, chooseSubject, type Subject, type SubjectKind } from './subjects.ts';

/** What simulations are made with. */
export interface Sandbox {
  readonly url: string;
  readonly stripe: Stripe;
}

/** Something that can be made to happen at the sandbox. */
export interface Simulation {
  /** To what it happens, in words. */
  readonly what: string;
  /** Has it happen to the object with the id, else to the newest that fits; gives the object's id. */
  play(sandbox: Sandbox, id: string | null): Promise<string>;
}

function simulation<Kind extends SubjectKind>(
  choice: Choice<Kind>,
  happen: (sandbox: Sandbox, subject: Subject<Kind>) => Promise<unknown>,
): Simulation {
  return {
    what: choice.what,
    play: async (sandbox, id) => {
      const subject = await chooseSubject(sandbox.url, choice, id);
      await happen(sandbox, subject);
      return subject.id;
    },
  };
}

const activeSubscription: Choice<'subscription'> = {
  kind: 'subscription',
  what: 'an active subscription without a change that waits',
  fits: ({ status, pending_update, cancel_at }) => status === 'active' && pending_update === null && cancel_at === null,
};
const paidCharge: Choice<'charge'> = {
  kind: 'charge',
  what: 'a paid charge that is neither disputed nor given back',
  fits: ({ status, disputed, amount, amount_refunded }) =>
    status === 'succeeded' && !disputed && amount_refunded < amount,
};
const openDispute: Choice<'dispute'> = {
  kind: 'dispute',
  what: 'an open dispute',
  fits: ({ status }) => status === 'needs_response',
};
const payoutUnderWay: Choice<'payout'> = {
  kind: 'payout',
  what: 'a payout that is under way (POST /_sandbox/settings { payoutDelaySeconds } keeps them there)',
  fits: ({ status }) => status === 'pending' || status === 'in_transit',
};
const account: Choice<'account'> = { kind: 'account', what: 'a writer’s account', fits: () => true };
const invoiceThatIs = (status: 'open' | 'draft'): Choice<'invoice'> => ({
  kind: 'invoice',
  what: status === 'open' ? 'an open invoice' : 'a draft invoice (renewals are drafts for their first hour)',
  fits: (invoice) => invoice.status === status,
});
const outboundPaymentThatIs = (status: 'processing' | 'posted'): Choice<'outbound_payment'> => ({
  kind: 'outbound_payment',
  what:
    status === 'posted'
      ? 'an outbound payment that was posted'
      : 'an outbound payment that is under way (POST /_sandbox/settings { outboundPaymentDelaySeconds } keeps them there)',
  fits: (payment) => payment.status === status,
});

const post = ({ url }: Sandbox, path: string, body: object) => orderAtSandbox(new URL(path, url), body);
const encoded = encodeURIComponent;

const raisedWith = (card: string) => simulation(activeSubscription, (sandbox, one) => raise(sandbox, one, card));
const disputed = simulation(paidCharge, (sandbox, { payment_intent }) =>
  post(sandbox, '/_sandbox/disputes', { payment_intent }),
);
const won = simulation(openDispute, (sandbox, { id }) =>
  post(sandbox, `/_sandbox/disputes/${encoded(id)}`, { evidence: 'winning_evidence' }),
);
const refundedInVain = simulation(activeSubscription, async (sandbox, subscription) => {
  await raise(sandbox, subscription, 'pm_card_refundFail');
  await refund(sandbox, await chooseSubject(sandbox.url, paidCharge, null));
});
const payoutEnds = (outcome: 'paid' | 'failed' | 'canceled') =>
  simulation(payoutUnderWay, (sandbox, { id }) => post(sandbox, `/_sandbox/payouts/${encoded(id)}`, { outcome }));
const outboundPaymentEnds = (outcome: 'posted' | 'failed' | 'returned') =>
  simulation(outboundPaymentThatIs(outcome === 'returned' ? 'posted' : 'processing'), (sandbox, { id }) =>
    post(sandbox, `/_sandbox/outbound_payments/${encoded(id)}`, { outcome }),
  );
const restricted = simulation(account, (sandbox, { id }) =>
  post(sandbox, `/_sandbox/onboarding/${encoded(id)}`, { outcome: 'restricted' }),
);

/** What makes each event happen. Those that only time brings, such as a renewal, are not here: `PUT /clock` moves it. */
export const simulations = {
  'invoice.paid': raisedWith('pm_card_visa'),
  'invoice.payment_failed': raisedWith('pm_card_chargeCustomerFail'),
  'invoice.payment_action_required': raisedWith('pm_card_authenticationRequired'),
  'invoice.finalization_failed': simulation(invoiceThatIs('draft'), (sandbox, { id }) =>
    post(sandbox, `/_sandbox/invoices/${encoded(id)}`, { scene: 'fail_finalization' }),
  ),
  'invoice.voided': simulation(invoiceThatIs('open'), ({ stripe }, { id }) => stripe.invoices.voidInvoice(id)),
  'customer.subscription.updated': simulation(activeSubscription, ({ stripe }, { id }) =>
    stripe.subscriptions.update(id, { cancel_at_period_end: true }),
  ),
  'customer.subscription.deleted': simulation(activeSubscription, ({ stripe }, { id }) =>
    stripe.subscriptions.cancel(id, { invoice_now: false, prorate: false }),
  ),
  'customer.subscription.pending_update_applied': simulation(invoiceThatIs('open'), ({ stripe }, { id }) =>
    stripe.invoices.pay(id),
  ),
  'checkout.session.completed': simulation(
    { kind: 'checkout_session', what: 'an open checkout', fits: ({ status }) => status === 'open' },
    (sandbox, { id }) => post(sandbox, `/_sandbox/checkout/${encoded(id)}`, { card: 'pm_card_visa' }),
  ),
  'charge.updated': raisedWith('pm_card_visa'),
  'refund.created': simulation(paidCharge, refund),
  'refund.updated': refundedInVain,
  'refund.failed': refundedInVain,
  'charge.dispute.created': disputed,
  'charge.dispute.updated': disputed,
  'charge.dispute.funds_withdrawn': disputed,
  'charge.dispute.closed': won,
  'charge.dispute.funds_reinstated': won,
  'radar.early_fraud_warning.created': simulation(paidCharge, (sandbox, { payment_intent }) =>
    post(sandbox, '/_sandbox/early_fraud_warnings', { payment_intent }),
  ),
  'balance.available': {
    what: 'the payments balance, which is topped up',
    play: async (sandbox) => {
      await post(sandbox, '/_sandbox/topups', { amount: topUpCents });
      return 'balance';
    },
  },
  'transfer.reversed': simulation(
    { kind: 'transfer', what: 'a transfer that is not reversed', fits: ({ reversed }) => !reversed },
    ({ stripe }, { id }) => stripe.transfers.createReversal(id),
  ),
  'payout.paid': payoutEnds('paid'),
  'payout.failed': payoutEnds('failed'),
  'payout.canceled': payoutEnds('canceled'),
  'account.updated': restricted,
  'v2.core.account[configuration.recipient].capability_status_updated': restricted,
  'v2.core.account[requirements].updated': restricted,
  'v2.money_management.outbound_payment.posted': outboundPaymentEnds('posted'),
  'v2.money_management.outbound_payment.failed': outboundPaymentEnds('failed'),
  'v2.money_management.outbound_payment.returned': outboundPaymentEnds('returned'),
  'v2.money_management.outbound_payment.canceled': simulation(
    outboundPaymentThatIs('processing'),
    ({ stripe }, { id }) => stripe.v2.moneyManagement.outboundPayments.cancel(id),
  ),
} as const satisfies Record<string, Simulation>;

/** The type of an event that can be simulated. */
export type SimulatedEvent = keyof typeof simulations;

/** Enough for a part of it, however little is left of the month, to be above Stripe's least charge. */
const raiseCents = 10_000;
const refundCents = 100;
const topUpCents = 10_000;

/** Raises a subscription at once, to be paid with a test card; what is asked of its customer later finds a good card again. */
async function raise({ stripe }: Sandbox, subscription: Subject<'subscription'>, card: string): Promise<void> {
  const [item] = subscription.items.data;
  await useCard(stripe, subscription, card);
  const { product, unit_amount: cents } = item.price;
  const price_data = {
    currency: 'usd',
    product,
    unit_amount: cents + raiseCents,
    recurring: { interval: 'month' } as const,
  };
  await stripe.subscriptions.update(subscription.id, {
    items: [{ id: item.id, price_data, quantity: 1 }],
    proration_behavior: 'always_invoice',
    payment_behavior: 'pending_if_incomplete',
  });
  if (card !== 'pm_card_visa') await useCard(stripe, subscription, 'pm_card_visa');
}

/** The subscription's own card, which a checkout leaves, would go before the customer's. */
async function useCard(stripe: Stripe, { id, customer }: Subject<'subscription'>, card: string): Promise<void> {
  const { id: attached } = await stripe.paymentMethods.attach(card, { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: attached } });
  await stripe.subscriptions.update(id, { default_payment_method: '' });
}

async function refund({ stripe }: Sandbox, charge: Subject<'charge'>): Promise<void> {
  const leftCents = charge.amount - charge.amount_refunded;
  await stripe.refunds.create({ payment_intent: charge.payment_intent, amount: Math.min(refundCents, leftCents) });
}

const lookEveryMs = 100;
const patienceMs = 10_000;

/** What an event is known by. */
export interface SeenEvent {
  readonly id: string;
  readonly objectId: string;
}

/** Has an event happen, and waits until the sandbox has made it. Throws a RunFailure when it does not. */
export async function simulate(sandbox: Sandbox, type: SimulatedEvent, id: string | null): Promise<SeenEvent> {
  const before = await newestEvent(sandbox.stripe, type);
  const objectId = await simulations[type].play(sandbox, id);
  for (const endsAt = performance.now() + patienceMs; performance.now() < endsAt; ) {
    const newest = await newestEvent(sandbox.stripe, type);
    if (newest !== null && newest !== before) return { id: newest, objectId };
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  throw new RunFailure(`${type} has not come of what was done to ${objectId}.`);
}

/** The id of the newest event of a type; null when there is none. */
async function newestEvent(stripe: Stripe, type: SimulatedEvent): Promise<string | null> {
  if (!type.startsWith('v2.')) return (await stripe.events.list({ type, limit: 1 })).data[0]?.id ?? null;
  for await (const event of stripe.v2.core.events.list({ limit: 100 })) if (event.type === type) return event.id;
  return null;
}
