// E7, C6: refunds that were ordered are claimed, asked of Stripe outside of any transaction, and recorded. What they do to the
// books their facts tell, as of any refund.
import { backoffMs, holdingLease, type Loop, leaseEnd } from '@wewrite/service-kit';
import { afterFailure, type StripeClient } from '@wewrite/service-kit/stripe';
import { sql } from 'kysely';
import type { BillingContext } from '../context.ts';
import type { RefundOrder, RefundOrderState } from '../db.ts';
import { hasFailed, orderAttemptKey, orderIdKey } from './payment-fact.ts';

const minuteMs = 60_000;
/** One whose next look is this near is not at rest. */
const nearMs = 10_000;
/** Stripe forgets a key of v1 after 24 hours. */
const keyLifetimeMs = 23 * 60 * minuteMs;

/** What a call came to. */
type Outcome =
  | { readonly kind: 'made'; readonly stripeId: string }
  /** `same_key`: nothing certain. `next_key`: refused for a reason that passes. */
  | { readonly kind: 'same_key' | 'look_up' | 'next_key' | 'refused'; readonly failure: string };

export function sendRefunds(context: BillingContext): Loop {
  return {
    name: 'refunds',
    pollMs: 1_000,
    due: async () => {
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from refund_order
         where state in ('waiting', 'look_up', 'look_up_again')
           and due_at <= ${new Date(context.time.now().getTime() + nearMs)}`.execute(context.database.kysely);
      return rows[0]?.count ?? 0;
    },
    step: async () => {
      const order = await claim(context);
      if (order === undefined) return false;
      await context.telemetry.span({ name: 'refund a payment', parent: order.traceparent }, () =>
        holdingLease(
          context,
          (leaseUntil) => renew(context, order, leaseUntil),
          async () => record(context, order, await advance(context, order)),
        ),
      );
      return true;
    },
  };
}

/** One at a time: what waits behind a slow call is another replica's. */
async function claim(context: BillingContext): Promise<RefundOrder | undefined> {
  const now = context.time.now();
  const { rows } = await sql<RefundOrder>`
    update refund_order
       set lease_until = ${leaseEnd(context.time)}, tries = tries + 1,
           key_first_used_at = coalesce(key_first_used_at, ${now})
     where id in (
       select id from refund_order
        where state in ('waiting', 'look_up', 'look_up_again') and due_at <= ${now}
          and (lease_until is null or lease_until <= ${now})
        order by due_at, id limit 1 for update skip locked)
    returning *`.execute(context.database.kysely);
  return rows[0];
}

async function renew(
  { database }: BillingContext,
  { id, attempt, tries }: RefundOrder,
  leaseUntil: Date,
): Promise<void> {
  await sql`
    update refund_order set lease_until = ${leaseUntil}
     where id = ${id} and attempt = ${attempt} and tries = ${tries} and lease_until is not null`.execute(
    database.kysely,
  );
}

async function advance({ stripe, time }: BillingContext, order: RefundOrder): Promise<Outcome> {
  const keyAgeMs = time.now().getTime() - (order.key_first_used_at?.getTime() ?? 0);
  const isLookUp = order.state !== 'waiting' || keyAgeMs > keyLifetimeMs;
  try {
    return await (isLookUp ? lookUp(stripe, order) : send(stripe, order));
  } catch (error) {
    const { next, error: failure } = afterFailure(error);
    // A look-up that fails has not seen that the refund is absent.
    return { kind: isLookUp ? 'same_key' : next, failure: failure.code ?? failure.type };
  }
}

async function send(stripe: StripeClient, order: RefundOrder): Promise<Outcome> {
  const refund = await stripe.call('refunds.create', order.id, (sdk) =>
    sdk.refunds.create(
      {
        payment_intent: order.payment_intent_id,
        amount: order.amount_cents,
        reason: 'requested_by_customer',
        metadata: { [orderIdKey]: order.id, [orderAttemptKey]: order.attempt },
      },
      { idempotencyKey: `refund-${order.id}-${order.attempt}` },
    ),
  );
  return { kind: 'made', stripeId: refund.id };
}

/** Whatever attempt has made it: one that failed has not. */
async function lookUp(stripe: StripeClient, order: RefundOrder): Promise<Outcome> {
  const filter = { payment_intent: order.payment_intent_id, limit: 100 };
  return stripe.call('refunds.list', order.id, async (sdk) => {
    for await (const refund of sdk.refunds.list(filter)) {
      const isOfOrder = refund.metadata?.[orderIdKey] === order.id;
      if (isOfOrder && !hasFailed(refund)) return { kind: 'made', stripeId: refund.id };
    }
    return { kind: 'look_up', failure: 'absent at a look-up' };
  });
}

/** Records one step, unless another replica has recorded one meanwhile. */
async function record(context: BillingContext, order: RefundOrder, outcome: Outcome): Promise<void> {
  const next = nextOf(order, outcome);
  const dueAt = new Date(context.time.now().getTime() + next.pauseMs);
  await context.database.transaction((tx) =>
    tx
      .updateTable('refund_order')
      .set({
        state: next.state,
        stripe_id: outcome.kind === 'made' ? outcome.stripeId : null,
        failure: outcome.kind === 'made' ? null : outcome.failure,
        due_at: dueAt,
        lease_until: null,
        ...(next.isNewAttempt ? { attempt: order.attempt + 1, key_first_used_at: null } : {}),
      })
      .where('id', '=', order.id)
      .where('state', '=', order.state)
      .where('attempt', '=', order.attempt)
      .where('tries', '=', order.tries)
      .execute(),
  );
  if (outcome.kind === 'made') return;
  const { id: orderId, payment_intent_id: paymentIntentId } = order;
  const facts = { orderId, paymentIntentId, failure: outcome.failure };
  if (outcome.kind === 'refused') context.log.error(facts, 'a refund was refused: an operator has to see to it');
  else context.log.warn(facts, 'a refund is not certain, or has to wait');
}

/** A refund that is absent twice, ten minutes apart, was not made: it is asked for again, under another key. */
function nextOf(
  order: RefundOrder,
  outcome: Outcome,
): { state: RefundOrderState; pauseMs: number; isNewAttempt?: boolean } {
  switch (outcome.kind) {
    case 'made':
    case 'refused':
      return { state: outcome.kind, pauseMs: 0 };
    case 'same_key':
      return { state: order.state, pauseMs: backoffMs(order.tries, 200, 15 * minuteMs) };
    case 'next_key':
      return { state: 'waiting', pauseMs: backoffMs(order.tries, 1_000, 60 * minuteMs), isNewAttempt: true };
    case 'look_up':
      if (order.state === 'look_up_again') return { state: 'waiting', pauseMs: 0, isNewAttempt: true };
      if (order.state === 'look_up') return { state: 'look_up_again', pauseMs: 10 * minuteMs };
      return { state: 'look_up', pauseMs: backoffMs(0, 200, 200) };
  }
}
