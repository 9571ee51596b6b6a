import type Stripe from 'stripe';
import { defineCollection } from './collections.ts';
import { newId } from './object-ids.ts';
import { isoInstant, type Turn } from './turn.ts';

/** The API version of every answer and event. */
export const apiVersion = '2026-10-28.endive';

/** A snapshot event (v1): carries the object as it was. */
export interface SnapshotEvent {
  id: string;
  object: 'event';
  account?: string;
  api_version: string;
  created: number;
  data: { object: unknown; previous_attributes?: object };
  livemode: false;
  pending_webhooks: number;
  request: { id: string | null; idempotency_key: string | null } | null;
  type: string;
}

/** A thin event (v2): names the object, which the receiver fetches. */
export interface ThinEvent {
  id: string;
  object: 'v2.core.event';
  created: string;
  livemode: false;
  type: string;
  related_object: { id: string; type: string; url: string };
  reason?: { type: 'request'; request: { id: string; idempotency_key: string } };
  data: object;
}

export const snapshotEvents = defineCollection<SnapshotEvent>('event', { type: ({ type }) => type });
export const thinEvents = defineCollection<ThinEvent>('v2_event');

/** Who a webhook is for: our own account's events, those of connected accounts, or thin ones. */
export type Audience = 'platform' | 'connect' | 'thin';

/** A place that events are sent to. */
export interface WebhookTarget {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
  readonly audience: Audience;
  readonly enabledEvents: readonly string[];
}

export function addWebhookTarget(turn: Turn, target: WebhookTarget): void {
  turn.store.run(
    'INSERT INTO webhook_target (id, url, secret, audience, enabled_events) VALUES (?, ?, ?, ?, ?)',
    target.id,
    target.url,
    target.secret,
    target.audience,
    JSON.stringify(target.enabledEvents),
  );
}

/** Makes a target hear of other types from now on. */
export function changeWebhookTarget(turn: Turn, id: string, enabledEvents: readonly string[]): void {
  turn.store.run('UPDATE webhook_target SET enabled_events = ? WHERE id = ?', JSON.stringify(enabledEvents), id);
}

/** Removes a target and what was still to be sent to it. */
export function removeWebhookTarget(turn: Turn, id: string): void {
  turn.store.run('DELETE FROM delivery WHERE target_id = ?', id);
  turn.store.run('DELETE FROM webhook_target WHERE id = ?', id);
}

/** Records a snapshot event and queues it for the endpoints that listen, in the turn's transaction. */
export function emit(
  turn: Turn,
  type: Stripe.Event.Type,
  object: unknown,
  { previous, account }: { previous?: object; account?: string } = {},
): void {
  const targets = targetsFor(turn, account === undefined ? 'platform' : 'connect', type);
  const event: SnapshotEvent = {
    id: newId('evt'),
    object: 'event',
    ...(account === undefined ? {} : { account }),
    api_version: apiVersion,
    created: turn.nowSeconds,
    data: { object, ...(previous === undefined ? {} : { previous_attributes: previous }) },
    livemode: false,
    pending_webhooks: targets.length,
    request: turn.cause && { id: turn.cause.requestId, idempotency_key: turn.cause.idempotencyKey },
    type,
  };
  turn.store.insert(snapshotEvents, event, turn.nowSeconds);
  queue(turn, event.id, targets);
}

/** Records a thin event about a v2 object and queues it. */
export function emitThin(turn: Turn, type: string, related: ThinEvent['related_object'], data: object): void {
  const event: ThinEvent = {
    id: newId('evt'),
    object: 'v2.core.event',
    created: isoInstant(turn.nowSeconds),
    livemode: false,
    type,
    related_object: related,
    ...(turn.cause === null
      ? {}
      : {
          reason: {
            type: 'request',
            request: { id: turn.cause.requestId, idempotency_key: turn.cause.idempotencyKey ?? '' },
          },
        }),
    data,
  };
  turn.store.insert(thinEvents, event, turn.nowSeconds);
  queue(turn, event.id, targetsFor(turn, 'thin', type));
}

function targetsFor(turn: Turn, audience: Audience, type: string): string[] {
  return turn.store
    .rows(
      `SELECT id FROM webhook_target WHERE audience = ? AND EXISTS
       (SELECT 1 FROM json_each(enabled_events) WHERE value IN ('*', ?)) ORDER BY id`,
      audience,
      type,
    )
    .map((row) => String(row.id));
}

/** The queue's times are real ones: deliveries do not wait for the steered clock. */
function queue(turn: Turn, eventId: string, targetIds: readonly string[]): void {
  const now = turn.store.realMs();
  for (const targetId of targetIds) {
    turn.store.run(
      'INSERT INTO delivery (event_id, target_id, queued_ms, next_attempt_ms) VALUES (?, ?, ?, ?)',
      eventId,
      targetId,
      now,
      now,
    );
  }
}
