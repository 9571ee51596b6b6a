// E7, C6: a refund that Stripe refused, or that came back from the supporter's bank, is asked for again once its cause is
// mended: under the next key, and for no more than has not gone back in another way since.
import { BillingRefundOrderRecordSchema } from '@wewrite/contracts';
import {
  afterCommit,
  assert,
  identityOf,
  keepAnswer,
  problemResponses,
  Refusal,
  type Server,
} from '@wewrite/service-kit';
import { z } from 'zod';
import type { BillingContext } from '../context.ts';
import { readRefundOrders } from './list-refund-orders.ts';

/** `POST /v1/refund-orders/{id}/retry`. Refuses `not_refused`, and `already_refunded` once nothing is left to give back. */
export function retryRefund(server: Server, context: BillingContext): void {
  server.post(
    '/v1/refund-orders/:id/retry',
    {
      schema: {
        summary: 'Ask Stripe again for a refund that was refused, or that failed',
        params: z.object({ id: z.uuid() }),
        body: z.strictObject({}),
        response: { 200: BillingRefundOrderRecordSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    (request, reply) =>
      context.database.transaction(async (tx) => {
        const { id } = request.params;
        await tx.selectFrom('refund_order').select('id').where('id', '=', id).forUpdate().execute();
        const [order] = await readRefundOrders(tx, { id }, 1);
        if (order === undefined) throw new Refusal('not_found', 'There is no such order of a refund.');
        const { state, leftCents, attempt } = order;
        if (state !== 'refused') throw new Refusal('not_refused', `The refund is ${state}.`);
        if (leftCents === 0) throw new Refusal('already_refunded', 'All of it has gone back to the supporter.');
        await tx
          .updateTable('refund_order')
          .set({
            state: 'waiting',
            attempt: attempt + 1,
            amount_cents: leftCents,
            key_first_used_at: null,
            tries: 0,
            due_at: context.time.now(),
            failure: null,
          })
          .where('id', '=', id)
          .execute();
        const { userId } = identityOf(request);
        context.log.info({ refundOrderId: id, leftCents, userId }, 'an operator has a refund asked for again');
        afterCommit(tx, () => context.wake('refunds'));
        const [answer] = await readRefundOrders(tx, { id }, 1);
        assert(answer !== undefined, 'the order is locked');
        return keepAnswer(tx, reply, answer);
      }),
  );
}
