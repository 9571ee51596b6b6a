import type Stripe from 'stripe';
import { z } from 'zod';
import { defineCollection } from '../engine/collections.ts';
import { endpoint } from '../engine/endpoint.ts';
import { addWebhookTarget } from '../engine/events.ts';
import { newId, randomLetters } from '../engine/object-ids.ts';
import { listOf } from '../engine/parameters.ts';
import type { Stored } from '../engine/stored.ts';
import { isoInstant } from '../engine/turn.ts';

type EventDestination = Stored<Stripe.V2.Core.EventDestination>;

export const eventDestinations = defineCollection<EventDestination>('event_destination');

const includable = z.enum(['webhook_endpoint.signing_secret', 'webhook_endpoint.url']);

/** Thin events go to destinations; the signing secret is told at creation only, and only when it is included. */
export const eventDestinationEndpoints = [
  endpoint(
    'POST',
    '/v2/core/event_destinations',
    {
      name: z.string().min(1),
      description: z.string().optional(),
      type: z.literal('webhook_endpoint'),
      event_payload: z.literal('thin'),
      enabled_events: z.array(z.string()).min(1),
      events_from: z.array(z.enum(['self', 'other_accounts', '@self', '@accounts'])).optional(),
      webhook_endpoint: z.strictObject({ url: z.url() }),
      include: listOf(includable).optional(),
      metadata: z.record(z.string(), z.string()).optional(),
    },
    (turn, parameters) => {
      const created = isoInstant(turn.nowSeconds);
      const destination: EventDestination = {
        id: newId('ed'),
        object: 'v2.core.event_destination',
        created,
        description: parameters.description ?? '',
        enabled_events: parameters.enabled_events,
        event_payload: 'thin',
        events_from: parameters.events_from ?? ['self'],
        livemode: false,
        metadata: parameters.metadata ?? {},
        name: parameters.name,
        status: 'enabled',
        type: 'webhook_endpoint',
        updated: created,
      };
      const { url } = parameters.webhook_endpoint;
      const secret = `whsec_${randomLetters(32)}`;
      turn.store.insert(eventDestinations, destination, turn.nowSeconds);
      addWebhookTarget(turn, {
        id: destination.id,
        url,
        secret,
        audience: 'thin',
        enabledEvents: parameters.enabled_events,
      });
      const included = new Set(parameters.include);
      return {
        ...destination,
        webhook_endpoint: {
          ...(included.has('webhook_endpoint.signing_secret') ? { signing_secret: secret } : {}),
          ...(included.has('webhook_endpoint.url') ? { url } : {}),
        },
      };
    },
  ),
];
