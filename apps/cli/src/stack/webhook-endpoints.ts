import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import Stripe from 'stripe';
import { z } from 'zod';

const secretsSchema = z.object({ platform: z.string(), connect: z.string(), thin: z.string() });

/** The signing secrets of the three endpoints that billing answers at. */
export type WebhookSecrets = z.infer<typeof secretsSchema>;

/** The events of our own account that billing asks Stripe for. */
export const platformEvents = [
  'invoice.paid',
  'invoice.payment_failed',
  'invoice.payment_action_required',
  'invoice.finalization_failed',
  'invoice.voided',
  'invoice.marked_uncollectible',
  'customer.subscription.created',
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'customer.subscription.pending_update_applied',
  'customer.subscription.pending_update_expired',
  'checkout.session.completed',
  'checkout.session.expired',
  'charge.updated',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.funds_reinstated',
  'radar.early_fraud_warning.created',
  'refund.created',
  'refund.updated',
  'refund.failed',
  'transfer.created',
  'transfer.updated',
  'transfer.reversed',
  'payout.paid',
  'payout.failed',
  'payout.canceled',
  'balance.available',
] as const satisfies Stripe.WebhookEndpointCreateParams.EnabledEvent[];

/** Those of connected accounts. */
export const connectEvents = [
  'account.updated',
  'capability.updated',
  'account.application.deauthorized',
] as const satisfies Stripe.WebhookEndpointCreateParams.EnabledEvent[];

/** The thin events that billing asks Stripe for. */
export const thinEvents = [
  'v2.core.account[configuration.recipient].capability_status_updated',
  'v2.core.account[requirements].updated',
  'v2.core.account.closed',
  'v2.money_management.outbound_payment.posted',
  'v2.money_management.outbound_payment.failed',
  'v2.money_management.outbound_payment.returned',
  'v2.money_management.outbound_payment.canceled',
];

/** The SDK, speaking to the sandbox. */
export function sandboxClient(sandboxUrl: string, secretKey: string): Stripe {
  const { hostname, port } = new URL(sandboxUrl);
  return new Stripe(secretKey, { host: hostname, port, protocol: 'http', maxNetworkRetries: 6, telemetry: false });
}

/**
 * Makes Stripe send its events to billing, and gives the secrets that it signs them with. A sandbox that was kept from
 * an earlier run knows them already, unless billing now has another address: `file` remembers both. It may have been
 * asked for fewer types then, and is asked for those of today.
 */
export async function webhookEndpoints(stripe: Stripe, billingUrl: string, file: string): Promise<WebhookSecrets> {
  const known = readKnown(file);
  const snapshots = snapshotEndpoints(billingUrl);
  if (known?.billingUrl === billingUrl) {
    await askForTypesOfToday(stripe, Object.values(snapshots));
    return known.secrets;
  }
  const platform = await stripe.webhookEndpoints.create(snapshots.platform);
  const connect = await stripe.webhookEndpoints.create({ ...snapshots.connect, connect: true });
  const thin = await stripe.v2.core.eventDestinations.create({
    name: 'WeWrite',
    type: 'webhook_endpoint',
    event_payload: 'thin',
    enabled_events: thinEvents,
    events_from: ['@self', '@accounts'],
    webhook_endpoint: { url: new URL('/webhooks/stripe/v2', billingUrl).href },
    include: ['webhook_endpoint.signing_secret'],
  });
  const secrets = secretsSchema.parse({
    platform: platform.secret,
    connect: connect.secret,
    thin: thin.webhook_endpoint?.signing_secret,
  });
  writeFileSync(file, JSON.stringify({ billingUrl, secrets }), { mode: 0o600 });
  return secrets;
}

interface SnapshotEndpoint {
  readonly url: string;
  readonly enabled_events: Stripe.WebhookEndpointCreateParams.EnabledEvent[];
}

function snapshotEndpoints(billingUrl: string): Readonly<Record<'platform' | 'connect', SnapshotEndpoint>> {
  const url = (path: string) => new URL(path, billingUrl).href;
  return {
    platform: { url: url('/webhooks/stripe'), enabled_events: [...platformEvents] },
    connect: { url: url('/webhooks/stripe/connect'), enabled_events: [...connectEvents] },
  };
}

async function askForTypesOfToday(stripe: Stripe, endpoints: readonly SnapshotEndpoint[]): Promise<void> {
  for await (const { id, url } of stripe.webhookEndpoints.list()) {
    const wanted = endpoints.find((endpoint) => endpoint.url === url);
    if (wanted !== undefined) await stripe.webhookEndpoints.update(id, { enabled_events: wanted.enabled_events });
  }
}

function readKnown(file: string): { billingUrl: string; secrets: WebhookSecrets } | null {
  if (!existsSync(file)) return null;
  const schema = z.object({ billingUrl: z.string(), secrets: secretsSchema });
  return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
}
