// An operator has an event processed again: its object is read again at Stripe, so that doing it twice changes nothing.
import { BillingReplayedEventSchema } from '@wewrite/contracts';
import { afterCommit, identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { z } from 'zod';
import type { BillingContext } from '../context.ts';
import { workOf } from './stripe-event.ts';

/** `POST /v1/stripe-events/{id}/replay`. Refuses events that ask for nothing (`invalid_request`) and unknown ones. */
export function replayEvent(server: Server, context: BillingContext): void {
  server.post(
    '/v1/stripe-events/:id/replay',
    {
      schema: {
        summary: 'Handle an event of Stripe again',
        params: z.object({ id: z.string().max(255) }),
        response: { 200: BillingReplayedEventSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const { id } = request.params;
      const { userId } = identityOf(request);
      return context.database.transaction(async (tx) => {
        const event = await tx
          .updateTable('stripe_event')
          .set({ state: 'waiting', due_at: context.time.now(), attempts: 0, failure: null })
          .where('id', '=', id)
          .returning('type')
          .executeTakeFirst();
        if (event === undefined) throw new Refusal('not_found', 'No event of this id was received.');
        if (workOf(event.type) === null) {
          throw new Refusal('invalid_request', `Nothing is done for events of the type ${event.type}.`);
        }
        context.log.info({ eventId: id, type: event.type, userId }, 'an operator has a Stripe event processed again');
        afterCommit(tx, () => context.wake('stripe_events'));
        return { eventId: id, state: 'waiting' as const };
      });
    },
  );
}
