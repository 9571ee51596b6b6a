// A supporter's own subscription: the live one, else the last that ended.
import {
  type BillingSubscription,
  BillingSubscriptionAnswerSchema,
  cents,
  monthOf,
  nextMonth,
} from '@wewrite/contracts';
import { identityOf, problemResponses, type Server } from '@wewrite/service-kit';
import { type Selectable, sql } from 'kysely';
import type { BillingContext } from '../context.ts';
import type { SubscriptionRow } from '../db.ts';
import { amountIn, amountsOf } from './subscription.ts';

export function readSubscription(server: Server, context: BillingContext): void {
  server.get(
    '/v1/subscription',
    {
      schema: {
        summary: "The supporter's subscription",
        response: { 200: BillingSubscriptionAnswerSchema, ...problemResponses },
      },
      config: { access: ['supporter'] },
    },
    async (request) => ({ subscription: await subscriptionOf(context, identityOf(request).userId) }),
  );
}

/** The subscription as the API shows it; null when there never was one. */
export async function subscriptionOf(context: BillingContext, userId: string): Promise<BillingSubscription | null> {
  const row = await context.database.kysely
    .selectFrom('subscription')
    .innerJoin('customer', 'customer.user_id', 'subscription.user_id')
    .selectAll('subscription')
    .select('customer.stripe_id as customer_id')
    .where('subscription.user_id', '=', userId)
    .where('subscription.state', '<>', 'refused')
    .orderBy(sql`subscription.state = 'ended'`)
    .orderBy('subscription.requested_at', 'desc')
    .executeTakeFirst();
  if (row === undefined || row.state === 'refused') return null;
  const thisMonth = monthOf(context.clock.now());
  const amounts = amountsOf(row);
  return {
    subscriptionId: row.id,
    state: row.state,
    currency: 'usd',
    monthlyCents: amountIn(amounts, thisMonth),
    nextMonthlyCents: amountIn(amounts, nextMonth(thisMonth)),
    waitingRaise: waitingRaiseOf(row),
    startedAt: row.started_at?.toISOString() ?? null,
    cancelAt: row.cancel_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    customerId: row.customer_id,
  };
}

function waitingRaiseOf(row: Selectable<SubscriptionRow>): BillingSubscription['waitingRaise'] {
  const { raise_cents: monthlyCents, raise_invoice_id: invoiceId, raise_expires_at: expiresAt } = row;
  if (monthlyCents === null || invoiceId === null || expiresAt === null) return null;
  return { monthlyCents: cents(monthlyCents), invoiceId, expiresAt: expiresAt.toISOString() };
}
