import { z } from 'zod';

/** The three doors for webhooks: our own account's snapshots, connected accounts' snapshots, thin events of v2. */
export type EventEndpoint = 'platform' | 'connect' | 'thin';

/** `failed`: Stripe does not know what it is about; everything else that fails stays `waiting` and is tried again. */
export type EventState = 'waiting' | 'processed' | 'ignored' | 'failed';

/** What an event asks for. `forward`: it concerns another service, which hears `stripe.received`. */
export type EventWork =
  | 'invoice'
  | 'subscription'
  | 'checkout'
  | 'charge'
  | 'refund'
  | 'dispute'
  | 'fraud_warning'
  | 'balance'
  | 'escrow'
  | 'forward';

/** A verified event, without its object: that is read again from Stripe. */
export interface StripeEvent {
  readonly id: string;
  readonly type: string;
  readonly objectId: string;
  readonly accountId: string | null;
  readonly createdAt: Date;
}

const workByType: Readonly<Record<string, EventWork>> = {
  'invoice.paid': 'invoice',
  'invoice.payment_failed': 'invoice',
  'invoice.payment_action_required': 'invoice',
  'invoice.finalization_failed': 'invoice',
  'invoice.voided': 'invoice',
  'invoice.marked_uncollectible': 'invoice',
  'customer.subscription.created': 'subscription',
  'customer.subscription.updated': 'subscription',
  'customer.subscription.deleted': 'subscription',
  'customer.subscription.pending_update_applied': 'subscription',
  'customer.subscription.pending_update_expired': 'subscription',
  'checkout.session.completed': 'checkout',
  'checkout.session.expired': 'checkout',
  'charge.updated': 'charge',
  'refund.created': 'refund',
  'refund.updated': 'refund',
  'refund.failed': 'refund',
  'charge.dispute.created': 'dispute',
  'charge.dispute.updated': 'dispute',
  'charge.dispute.closed': 'dispute',
  'charge.dispute.funds_withdrawn': 'dispute',
  'charge.dispute.funds_reinstated': 'dispute',
  'radar.early_fraud_warning.created': 'fraud_warning',
  'balance.available': 'balance',
  'payout.paid': 'escrow',
  'payout.failed': 'escrow',
  'payout.canceled': 'escrow',
  'transfer.reversed': 'forward',
  'account.updated': 'forward',
  'account.application.deauthorized': 'forward',
  'capability.updated': 'forward',
};

/** The snapshot events that ask for something. */
export const handledTypes: readonly string[] = Object.keys(workByType);

/** What an event of the type asks for; null for a type that is stored and ignored. */
export function workOf(type: string): EventWork | null {
  if (type.startsWith('v2.core.account')) return 'forward';
  if (type.startsWith('v2.money_management.outbound_payment.')) return 'forward';
  return workByType[type] ?? null;
}

const SnapshotSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  created: z.int(),
  account: z.string().nullish(),
  data: z.looseObject({ object: z.looseObject({ id: z.string().optional() }) }),
});

const ThinSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  created: z.iso.datetime({ offset: true }),
  context: z.string().nullish(),
  related_object: z.looseObject({ id: z.string() }).nullish(),
});

/** Reads a snapshot event that was verified. An event about the balance names no object. */
export function snapshotEventOf(payload: unknown): StripeEvent {
  const event = SnapshotSchema.parse(payload);
  const { id, type } = event;
  const objectId = event.data.object.id ?? type;
  return { id, type, objectId, accountId: event.account ?? null, createdAt: new Date(event.created * 1000) };
}

/** Reads a thin event that was verified. */
export function thinEventOf(payload: unknown): StripeEvent {
  const event = ThinSchema.parse(payload);
  const { id, type } = event;
  const objectId = event.related_object?.id ?? type;
  return { id, type, objectId, accountId: event.context ?? null, createdAt: new Date(event.created) };
}
