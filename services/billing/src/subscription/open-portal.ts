// Stripe's customer portal, for the card and the invoices. What a subscription costs and when it ends is changed here, where
// its rules are.
import { BillingPortalSchema } from '@wewrite/contracts';
import { identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import type { BillingContext } from '../context.ts';
import { refusalOf } from '../stripe/refusal-of.ts';

/** `POST /v1/subscription/portal`. Refuses `no_subscription` to who never had one. */
export function openPortal(server: Server, context: BillingContext): void {
  const { stripe, database, config, ids } = context;
  server.post(
    '/v1/subscription/portal',
    {
      schema: {
        summary: "A way into Stripe's customer portal",
        response: { 200: BillingPortalSchema, ...problemResponses },
      },
      config: { access: ['supporter'] },
    },
    async (request) => {
      const known = await database.kysely
        .selectFrom('customer')
        .select('stripe_id')
        .where('user_id', '=', identityOf(request).userId)
        .executeTakeFirst();
      const customer = known?.stripe_id ?? null;
      if (customer === null) {
        throw new Refusal('no_subscription', 'You have no subscription: start one with POST /v1/subscription.');
      }
      try {
        const configuration = await portalConfiguration(context);
        const session = await stripe.call('billingPortal.sessions.create', customer, (sdk) =>
          sdk.billingPortal.sessions.create(
            { customer, configuration, return_url: config.SUBSCRIPTION_URL },
            // Pages are short-lived: each request wants a new one.
            { idempotencyKey: `portal-${ids.next()}` },
          ),
        );
        return { portalUrl: session.url };
      } catch (error) {
        throw refusalOf(error);
      }
    },
  );
}

/** The one configuration of ours, made when the first supporter asks for it. */
async function portalConfiguration({ stripe, database, ids }: BillingContext): Promise<string> {
  const known = await database.kysely.selectFrom('portal_configuration').select('stripe_id').executeTakeFirst();
  if (known !== undefined) return known.stripe_id;
  const made = await stripe.call('billingPortal.configurations.create', 'portal', (sdk) =>
    sdk.billingPortal.configurations.create(
      { features: { invoice_history: { enabled: true }, payment_method_update: { enabled: true } } },
      // A second one does no harm, so each try has its own key: a failure is not replayed.
      { idempotencyKey: `portal-configuration-${ids.next()}` },
    ),
  );
  await database.transaction((tx) =>
    tx
      .insertInto('portal_configuration')
      .values({ stripe_id: made.id })
      .onConflict((conflict) => conflict.doNothing())
      .execute(),
  );
  return made.id;
}
