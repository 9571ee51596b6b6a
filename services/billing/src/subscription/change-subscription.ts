// E3: another amount, now or from the next month on; the end at the month's end, and its undoing.
import { BillingChangeSchema, BillingSubscriptionAnswerSchema, type UserId } from '@wewrite/contracts';
import { identityOf, problemResponses, type Server } from '@wewrite/service-kit';
import type { BillingContext } from '../context.ts';
import type { Wish } from './change.ts';
import { makeChange } from './make-change.ts';
import { subscriptionOf } from './read-subscription.ts';

const answers = { response: { 200: BillingSubscriptionAnswerSchema, ...problemResponses } };
const config = { access: ['supporter' as const] };

export function changeSubscription(server: Server, context: BillingContext): void {
  const make = async (userId: UserId, wish: Wish) => {
    await makeChange(context, userId, wish);
    return { subscription: await subscriptionOf(context, userId) };
  };
  server.patch(
    '/v1/subscription',
    {
      schema: {
        summary: 'Change what is paid a month, now or from the next month on',
        body: BillingChangeSchema,
        ...answers,
      },
      config,
    },
    (request) => {
      const { monthlyCents, from } = request.body;
      return make(identityOf(request).userId, { asked: from, monthlyCents });
    },
  );
  server.delete(
    '/v1/subscription',
    { schema: { summary: 'Cancel the subscription at the end of the month', ...answers }, config },
    (request) => make(identityOf(request).userId, { asked: 'cancel' }),
  );
  server.post(
    '/v1/subscription/resume',
    { schema: { summary: 'Take a cancellation back', ...answers }, config },
    (request) => make(identityOf(request).userId, { asked: 'resume' }),
  );
}
