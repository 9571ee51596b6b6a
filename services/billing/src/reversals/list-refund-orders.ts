// E7, C6: the refunds that we asked Stripe for, for administrators: what became of each, and what has yet to go back.
import {
  type BillingRefundOrder,
  type BillingRefundOrderRecord,
  BillingRefundOrdersQuerySchema,
  BillingRefundOrdersSchema,
  cents,
} from '@wewrite/contracts';
import { problemResponses, type Server } from '@wewrite/service-kit';
import { type Kysely, sql } from 'kysely';
import type { BillingContext } from '../context.ts';
import type { BillingSchema, RefundOrder, RefundOrderState } from '../db.ts';
import { returnedCents, returnedOfOrder } from './left-of-suspense.ts';

type ShownState = BillingRefundOrder['state'];

export function listRefundOrders(server: Server, context: BillingContext): void {
  server.get(
    '/v1/refund-orders',
    {
      schema: {
        summary: 'Refunds that were ordered of Stripe, and what became of them',
        querystring: BillingRefundOrdersQuerySchema,
        response: { 200: BillingRefundOrdersSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const { state, cursor, limit } = request.query;
      const records = await readRefundOrders(context.database.kysely, { state, after: cursor }, limit + 1);
      const page = records.slice(0, limit);
      return {
        refundOrders: page,
        next: records.length > limit ? (page.at(-1)?.refundOrderId ?? null) : null,
      };
    },
  );
}

/** Which orders: one, or those of a state, after an id. */
interface WhichOrders {
  readonly id?: string;
  readonly state?: ShownState | undefined;
  readonly after?: string | undefined;
}

const statesShownAs: Readonly<Record<ShownState, readonly RefundOrderState[]>> = {
  waiting: ['waiting'],
  looking: ['look_up', 'look_up_again'],
  made: ['made'],
  refused: ['refused'],
};

/**
 * Orders by id, with what is left of each. Of a late payment all that went back counts, whoever sent it back; an operator's order
 * is of a part of a payment, and only what left suspense for it does.
 */
export async function readRefundOrders(
  database: Kysely<BillingSchema>,
  { id, state, after }: WhichOrders,
  limit: number,
): Promise<BillingRefundOrderRecord[]> {
  const states = state === undefined ? null : statesShownAs[state];
  const { rows } = await sql<RefundOrder & { user_id: string | null; left_cents: number }>`
    select refund_order.*, invoice.user_id,
           greatest(case reason
             when 'paid_late' then least(refund_order.amount_cents, payment.amount_cents - (
               select ${returnedCents} from payment_fact
                where payment_fact.payment_intent_id = refund_order.payment_intent_id))
             else (select amount_cents from reversal where reversal.id = refund_order.id) - ${returnedOfOrder}
           end, 0)::bigint as left_cents
      from refund_order join invoice on invoice.id = invoice_id join payment using (payment_intent_id)
     where (${id ?? null}::uuid is null or refund_order.id = ${id ?? null})
       and (${states}::text[] is null or state = any (${states}))
       and (${after ?? null}::uuid is null or refund_order.id > ${after ?? null})
     order by refund_order.id limit ${limit}`.execute(database);
  return rows.map((row) => ({
    ...orderShown(row),
    reason: row.reason,
    userId: row.user_id,
    invoiceId: row.invoice_id,
    paymentIntentId: row.payment_intent_id,
    currency: 'usd',
    leftCents: cents(row.left_cents),
  }));
}

/** An order as the API shows it. */
export function orderShown(order: RefundOrder): BillingRefundOrder {
  return {
    refundOrderId: order.id,
    state: order.state === 'look_up' || order.state === 'look_up_again' ? 'looking' : order.state,
    amountCents: cents(order.amount_cents),
    attempt: order.attempt,
    stripeId: order.stripe_id,
    failure: order.failure,
    requestedAt: order.requested_at.toISOString(),
  };
}
