// C6, E5: money that an operator took back waits in suspense until Stripe has refunded it, or a lost dispute has taken it.
import { sql } from 'kysely';

/** What refunds have moved and not given back, in SQL: a sum over facts. */
export const refundedCents = sql`
  coalesce(sum(case kind when 'refund' then amount_cents when 'refund_failed' then -amount_cents else 0 end), 0)`;

/** What has gone back for good, to a card or to its bank, in SQL: a sum over facts. */
export const returnedCents = sql`
  coalesce(sum(case kind when 'refund' then amount_cents when 'dispute_lost' then amount_cents
                         when 'refund_failed' then -amount_cents else 0 end), 0)`;

/** What lost disputes have taken of what waited of a payment, in SQL over an alias with `payment_intent_id`. */
export function lostOfSuspense(alias: 'payment' | 'refund_order') {
  return sql`(
    select coalesce(sum(taken.amount_cents), 0)
      from payment_fact as lost
      join ledger_transfer as taken on taken.idempotency_key = 'dispute_lost:' || lost.id || ':suspense'
     where lost.payment_intent_id = ${sql.ref(`${alias}.payment_intent_id`)} and lost.kind = 'dispute_lost')`;
}

/**
 * What of an operator's order, the row of `refund_order` around it, has left suspense, in SQL. A lost dispute takes of the
 * payment's orders in the order of their ids. What was ordered is in `reversal`: an order is for what is left of it.
 */
export const returnedOfOrder = sql`(
  select refunded_cents + greatest(0, least(waiting_cents, ${lostOfSuspense('refund_order')} - before_cents))
    from (
      select id, refunded_cents, ordered_cents - refunded_cents as waiting_cents,
             sum(ordered_cents - refunded_cents) over (order by id) - (ordered_cents - refunded_cents) as before_cents
        from (
          select own.id, reversal.amount_cents as ordered_cents,
                 (select ${refundedCents} from payment_fact where payment_fact.refund_order_id = own.id) as refunded_cents
            from refund_order as own join reversal using (id)
           where own.payment_intent_id = refund_order.payment_intent_id and own.reason = 'operator'
        ) as ordered
    ) as waiting
   where waiting.id = refund_order.id)`;
