import type Stripe from 'stripe';
import { z } from 'zod';
import { defineCollection } from '../engine/collections.ts';
import { endpoint } from '../engine/endpoint.ts';
import { newId } from '../engine/object-ids.ts';
import { flag, words } from '../engine/parameters.ts';
import type { Stored } from '../engine/stored.ts';
import { missing, refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { type Customer, customers, requireCustomer } from './customer.ts';
import { newCard, paymentMethods, testCards } from './payment-method.ts';

type PortalConfiguration = Stored<Stripe.BillingPortal.Configuration>;
type PortalSession = Stored<Stripe.BillingPortal.Session>;

export const portalConfigurations = defineCollection<PortalConfiguration>('billing_portal_configuration');
export const portalSessions = defineCollection<PortalSession>('billing_portal_session');

const enabled = z.strictObject({ enabled: flag }).optional();

/** The customer portal, as far as it shows invoices and changes the card: subscriptions are changed by the product. */
export const billingPortalEndpoints = [
  endpoint(
    'POST',
    '/v1/billing_portal/configurations',
    { features: z.strictObject({ invoice_history: enabled, payment_method_update: enabled }) },
    (turn, { features }) => {
      const configuration = newConfiguration(turn, features);
      turn.store.insert(portalConfigurations, configuration, turn.nowSeconds);
      return configuration;
    },
  ),
  endpoint(
    'POST',
    '/v1/billing_portal/sessions',
    { customer: words, configuration: words, return_url: z.url().optional() },
    (turn, parameters): PortalSession => {
      const customer = requireCustomer(turn, parameters.customer, 'customer');
      if (turn.store.find(portalConfigurations, parameters.configuration) === undefined) {
        throw missing('configuration', parameters.configuration, 'configuration');
      }
      const id = newId('bps');
      const session: PortalSession = {
        id,
        object: 'billing_portal.session',
        configuration: parameters.configuration,
        created: turn.nowSeconds,
        customer: customer.id,
        customer_account: null,
        flow: null,
        livemode: false,
        locale: null,
        on_behalf_of: null,
        return_url: parameters.return_url ?? null,
        url: `${turn.baseUrl}/_sandbox/portal/${id}`,
      };
      turn.store.insert(portalSessions, session, turn.nowSeconds);
      return session;
    },
  ),
];

/** A customer gives another card in the portal: it becomes the default of everything they pay. */
export function changeCardInPortal(turn: Turn, id: string, cardName: string): Customer {
  const session = requirePortalSession(turn, id);
  const card = testCards.get(cardName);
  if (card === undefined) throw refused(`The sandbox has no card ${cardName}.`);
  const customer = requireCustomer(turn, session.customer, 'customer');
  const paymentMethod = newCard(turn, card.last4, customer.id);
  turn.store.insert(paymentMethods, paymentMethod, turn.nowSeconds);
  customer.invoice_settings.default_payment_method = paymentMethod.id;
  turn.store.replace(customers, customer);
  return customer;
}

/** The session of that id, or Stripe's refusal. */
export function requirePortalSession(turn: Turn, id: string): PortalSession {
  const session = turn.store.find(portalSessions, id);
  if (session === undefined) throw missing('billing_portal.session', id);
  return session;
}

function newConfiguration(
  turn: Turn,
  features: {
    invoice_history?: { enabled: boolean } | undefined;
    payment_method_update?: { enabled: boolean } | undefined;
  },
): PortalConfiguration {
  return {
    id: newId('bpc'),
    object: 'billing_portal.configuration',
    active: true,
    application: null,
    business_profile: { headline: null, privacy_policy_url: null, terms_of_service_url: null },
    created: turn.nowSeconds,
    default_return_url: null,
    features: {
      customer_update: { allowed_updates: [], enabled: false },
      invoice_history: { enabled: features.invoice_history?.enabled ?? false },
      payment_method_update: {
        enabled: features.payment_method_update?.enabled ?? false,
        payment_method_configuration: null,
      },
      subscription_cancel: {
        cancellation_reason: { enabled: false, feedback_options: null, options: [] },
        enabled: false,
        mode: 'at_period_end',
        proration_behavior: 'none',
      },
      subscription_pause: { duration: { interval_options: [], type: 'indefinite' }, enabled: false },
      subscription_update: {
        billing_cycle_anchor: null,
        default_allowed_updates: [],
        enabled: false,
        proration_behavior: 'none',
        schedule_at_period_end: { conditions: [] },
        trial_update_behavior: 'end_trial',
      },
    },
    is_default: false,
    livemode: false,
    login_page: { enabled: false, url: null },
    metadata: {},
    name: null,
    updated: turn.nowSeconds,
  };
}
