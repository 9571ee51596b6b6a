// E1: the only door for Stripe's webhooks. An event is verified on its raw body and stored under its own id in the
// transaction that acknowledges it; what it asks for is done afterwards.
import { BillingWebhookAnswerSchema } from '@wewrite/contracts';
import { problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { z } from 'zod';
import type { BillingContext } from '../context.ts';
import { storeEvents } from './event-queue.ts';
import { type EventEndpoint, type StripeEvent, snapshotEventOf, thinEventOf } from './stripe-event.ts';

interface Door {
  readonly path: string;
  readonly endpoint: EventEndpoint;
  readonly secrets: readonly string[];
  readonly read: (payload: unknown) => StripeEvent;
}

const RawBodySchema = z.instanceof(Buffer);
/** How far Stripe's time of signing may be from ours: a recorded request cannot be repeated later. */
const toleranceSeconds = 300;

export async function receiveWebhooks(server: Server, context: BillingContext): Promise<void> {
  const { config } = context;
  const doors: readonly Door[] = [
    { path: '/webhooks/stripe', endpoint: 'platform', secrets: config.STRIPE_WEBHOOK_SECRET, read: snapshotEventOf },
    {
      path: '/webhooks/stripe/connect',
      endpoint: 'connect',
      secrets: config.STRIPE_CONNECT_WEBHOOK_SECRET,
      read: snapshotEventOf,
    },
    { path: '/webhooks/stripe/v2', endpoint: 'thin', secrets: config.STRIPE_V2_WEBHOOK_SECRET, read: thinEventOf },
  ];
  await server.register(async (webhooks: Server) => {
    webhooks.removeAllContentTypeParsers();
    webhooks.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    for (const door of doors) receiveAt(webhooks, context, door);
  });
}

function receiveAt(server: Server, context: BillingContext, door: Door): void {
  server.post(
    door.path,
    {
      schema: {
        summary: `Stripe's signed events: ${door.endpoint}`,
        response: { 200: BillingWebhookAnswerSchema, ...problemResponses },
      },
      config: { access: 'public' },
    },
    async (request) => {
      const raw = RawBodySchema.safeParse(request.body);
      const signature = request.headers['stripe-signature'];
      if (!raw.success || typeof signature !== 'string' || !isSigned(context, door, raw.data, signature)) {
        throw new Refusal('invalid_request', 'The signature of this webhook is missing, wrong or too old.');
      }
      const event = door.read(JSON.parse(raw.data.toString('utf8')));
      await context.database.transaction((tx) =>
        storeEvents(tx, context, [{ ...event, endpoint: door.endpoint, payload: raw.data }]),
      );
      return { received: true as const };
    },
  );
}

/** Verifies with each secret that is good now; the SDK has a function of its own for each kind of event. */
function isSigned(context: BillingContext, door: Door, payload: Buffer, header: string): boolean {
  const { sdk } = context.stripe;
  const receivedAtMs = context.time.now().getTime();
  return door.secrets.some((secret) => {
    try {
      if (door.endpoint === 'thin') {
        sdk.parseEventNotification(payload, header, secret, toleranceSeconds, undefined, receivedAtMs);
      } else {
        sdk.webhooks.constructEvent(payload, header, secret, toleranceSeconds, undefined, receivedAtMs);
      }
      return true;
    } catch {
      return false;
    }
  });
}
