import type Stripe from 'stripe';
import { defineCollection } from '../engine/collections.ts';
import { endpoint } from '../engine/endpoint.ts';
import { addWebhookTarget, changeWebhookTarget, removeWebhookTarget } from '../engine/events.ts';
import { listPage } from '../engine/lists.ts';
import { metadata } from '../engine/metadata.ts';
import { newId, randomLetters } from '../engine/object-ids.ts';
import { flag, listOf, page, words } from '../engine/parameters.ts';
import type { Stored } from '../engine/stored.ts';
import { missing, refused } from '../engine/stripe-failure.ts';

type WebhookEndpoint = Stored<Stripe.WebhookEndpoint>;

export const webhookEndpoints = defineCollection<WebhookEndpoint>('webhook_endpoint');

export const webhookEndpointEndpoints = [
  endpoint(
    'POST',
    '/v1/webhook_endpoints',
    {
      url: words,
      enabled_events: listOf(words),
      connect: flag.optional(),
      description: words.optional(),
      metadata: metadata.optional(),
    },
    (turn, parameters) => {
      if (!URL.canParse(parameters.url))
        throw refused('Invalid URL: An explicit scheme must be provided.', { param: 'url' });
      const webhookEndpoint: WebhookEndpoint = {
        id: newId('we'),
        object: 'webhook_endpoint',
        api_version: null,
        application: null,
        created: turn.nowSeconds,
        description: parameters.description ?? null,
        enabled_events: parameters.enabled_events,
        livemode: false,
        metadata: parameters.metadata ?? {},
        status: 'enabled',
        url: parameters.url,
      };
      const secret = `whsec_${randomLetters(32)}`;
      turn.store.insert(webhookEndpoints, webhookEndpoint, turn.nowSeconds);
      addWebhookTarget(turn, {
        id: webhookEndpoint.id,
        url: parameters.url,
        secret,
        audience: parameters.connect === true ? 'connect' : 'platform',
        enabledEvents: parameters.enabled_events,
      });
      // Told this once, as Stripe does.
      return { ...webhookEndpoint, secret };
    },
  ),
  endpoint('GET', '/v1/webhook_endpoints', page, (turn, ofPage) =>
    listPage(turn.store, webhookEndpoints, { url: '/v1/webhook_endpoints', filter: {}, page: ofPage }),
  ),
  endpoint('POST', '/v1/webhook_endpoints/:id', { enabled_events: listOf(words) }, (turn, parameters, id) => {
    const known = turn.store.find(webhookEndpoints, id);
    if (known === undefined) throw missing('webhook endpoint', id);
    const changed: WebhookEndpoint = { ...known, enabled_events: parameters.enabled_events };
    turn.store.replace(webhookEndpoints, changed);
    changeWebhookTarget(turn, id, parameters.enabled_events);
    return changed;
  }),
  endpoint('DELETE', '/v1/webhook_endpoints/:id', {}, (turn, _parameters, id) => {
    if (turn.store.remove(webhookEndpoints, id) === 0) throw missing('webhook endpoint', id);
    removeWebhookTarget(turn, id);
    return { id, object: 'webhook_endpoint', deleted: true };
  }),
];
