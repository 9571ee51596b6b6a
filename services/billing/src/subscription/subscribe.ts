// E3: a supporter subscribes, with a card or on Stripe's own page. Anchored to the 1st, UTC, the first partial month
// prorated, or free below Stripe's minimum.
import { BillingSubscribedSchema, BillingSubscribeSchema } from '@wewrite/contracts';
import { identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { isDefiniteRefusal, isReplayedFailure } from '@wewrite/service-kit/stripe';
import type { Selectable } from 'kysely';
import type Stripe from 'stripe';
import type { BillingContext } from '../context.ts';
import type { SubscriptionRow } from '../db.ts';
import { refusalOf } from '../stripe/refusal-of.ts';
import { closeCheckout, openCheckout } from './open-checkout.ts';
import {
  holdOrder,
  type PreparedSubscription,
  prepareSubscription,
  raiseAttempt,
  refuseOrder,
} from './prepare-subscription.ts';
import { subscriptionOf } from './read-subscription.ts';
import { beginningOf, keyOf, ownIdKey, priceDataOf, readingExpansions } from './subscription.ts';
import { applySubscription } from './sync-subscription.ts';

export function subscribe(server: Server, context: BillingContext): void {
  server.post(
    '/v1/subscription',
    {
      schema: {
        summary: 'Subscribe',
        body: BillingSubscribeSchema,
        response: { 201: BillingSubscribedSchema, ...problemResponses },
      },
      config: { access: ['supporter'] },
    },
    async (request, reply) => {
      const { userId } = identityOf(request);
      const { monthlyCents, paymentMethodId = null } = request.body;
      const order = { userId, monthlyCents, paymentMethodId };
      await closeCheckout(context, order);
      const prepared = await prepareSubscription(context, order);
      const checkoutUrl = await makeAtStripe(context, prepared).catch(async (error: unknown) => {
        if (error instanceof Refusal || isDefiniteRefusal(error)) await refuseOrder(context, prepared.row);
        if (isReplayedFailure(error)) await raiseAttempt(context, prepared.row);
        throw refusalOf(error);
      });
      return reply.status(201).send({ subscription: await subscriptionOf(context, userId), checkoutUrl });
    },
  );
}

/** Gives the address of Stripe's page where the supporter is to go on; null when there is nothing more to do. */
async function makeAtStripe(
  context: BillingContext,
  { row, customerId, resumed }: PreparedSubscription,
): Promise<string | null> {
  const customer = customerId ?? (await createCustomer(context, row));
  const found = resumed ? await findSubscription(context, customer, row.id) : undefined;
  if (found === undefined && row.payment_method_id === null) return openCheckout(context, row, customer);
  const subscription = found ?? (await createSubscription(context, row, customer));
  await applySubscription(context, subscription, null);
  return null;
}

async function createCustomer(context: BillingContext, row: Selectable<SubscriptionRow>): Promise<string> {
  const customer = await context.stripe.call('customers.create', row.user_id, (sdk) =>
    sdk.customers.create({ metadata: { user_id: row.user_id } }, { idempotencyKey: keyOf(row, 'customer') }),
  );
  await context.database.transaction((tx) =>
    tx
      .updateTable('customer')
      .set({ stripe_id: customer.id })
      .where('user_id', '=', row.user_id)
      .where('stripe_id', 'is', null)
      .execute(),
  );
  return customer.id;
}

/** A subscription that an earlier attempt made and whose answer was lost. */
async function findSubscription(
  context: BillingContext,
  customer: string,
  ownId: string,
): Promise<Stripe.Subscription | undefined> {
  const { data } = await context.stripe.call('subscriptions.list', customer, (sdk) =>
    sdk.subscriptions.list({ customer, status: 'all', limit: 100, expand: ['data.latest_invoice'] }),
  );
  return data.find((subscription) => subscription.metadata[ownIdKey] === ownId);
}

async function createSubscription(
  context: BillingContext,
  row: Selectable<SubscriptionRow>,
  customer: string,
): Promise<Stripe.Subscription> {
  const { stripe } = context;
  const card = await attachCard(context, row, customer);
  await holdOrder(context, row);
  // The customer's default, not the subscription's own, which a changed card would leave behind.
  await stripe.call('customers.update', customer, (sdk) =>
    sdk.customers.update(
      customer,
      { invoice_settings: { default_payment_method: card.id } },
      { idempotencyKey: keyOf(row, 'default') },
    ),
  );
  const product = await context.productId();
  await holdOrder(context, row);
  return stripe.call('subscriptions.create', row.id, (sdk) =>
    sdk.subscriptions.create(
      {
        customer,
        items: [{ price_data: priceDataOf(product, row.monthly_cents), quantity: 1 }],
        ...beginningOf(row),
        payment_behavior: 'error_if_incomplete',
        expand: readingExpansions,
      },
      { idempotencyKey: keyOf(row, 'create') },
    ),
  );
}

/** The payment method is the caller's word: one that Stripe does not know, or that is another customer's, is refused. */
function attachCard(
  { stripe }: BillingContext,
  row: Selectable<SubscriptionRow>,
  customer: string,
): Promise<Stripe.PaymentMethod> {
  const id = row.payment_method_id ?? '';
  return stripe
    .call('paymentMethods.attach', id, (sdk) =>
      sdk.paymentMethods.attach(id, { customer }, { idempotencyKey: keyOf(row, 'attach') }),
    )
    .catch((error: unknown) => {
      if (!isDefiniteRefusal(error)) throw error;
      throw new Refusal('payment_failed', 'This payment method cannot be used: choose another one.', {
        field: 'paymentMethodId',
      });
    });
}
