// D4: an operator cancels a payout. What was not sent is canceled at once, and payable again; what Stripe has and has not
// made yet is canceled there, by the loop of transfers, if it is not too late.
import { CanceledPayoutSchema, CancelPayoutSchema } from '@wewrite/contracts';
import { afterCommit, identityOf, keepAnswer, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import type { Transaction } from 'kysely';
import { z } from 'zod';
import { type Context, wakeTransferLoops } from '../context.ts';
import type { Schema } from '../db.ts';
import { settlePayouts } from '../settle-payouts.ts';
import { isUnsent, keepOrder, lockPayout, type OrderedPayout } from './payout-order.ts';

/** `POST /v1/payouts/{id}/cancel`. */
export function cancelPayout(server: Server, context: Context): void {
  server.post(
    '/v1/payouts/:id/cancel',
    {
      schema: {
        summary: 'Cancel a payout that has not been sent',
        params: z.object({ id: z.uuid() }),
        body: CancelPayoutSchema,
        response: { 200: CanceledPayoutSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { reason, nothingAtStripe } = request.body;
      return context.database.transaction(async (tx) => {
        const found = await lockPayout(tx, id);
        if (found === null) throw new Refusal('not_found', 'There is no such payout.');
        const next = await cancel(context, tx, found, nothingAtStripe);
        const by = { reason, ordered_by: identityOf(request).userId };
        await keepOrder(context, tx, { payout_id: id, kind: 'cancel', ...by });
        return keepAnswer(tx, reply, { id, next });
      });
    },
  );
}

async function cancel(
  context: Context,
  tx: Transaction<Schema>,
  found: OrderedPayout,
  nothingAtStripe: boolean,
): Promise<'canceled' | 'canceling'> {
  const { payout, job } = found;
  const isSeenUnmade = job?.state === 'operator' && nothingAtStripe;
  if (isUnsent(found) || isSeenUnmade) {
    const ending = { status: 'canceled', transferId: null, reason: 'canceled' } as const;
    await settlePayouts(context, tx, [{ payout, ending }]);
    return 'canceled';
  }
  if (payout.status !== 'submitted' || !context.escrow.canCancel) {
    throw new Refusal('payout_sent', 'The payout is on its way, or over: it cannot be canceled.');
  }
  await tx
    .updateTable('transfer_job')
    .set({ state: 'cancel', due_at: context.time.now(), lease_until: null })
    .where('payout_id', '=', payout.id)
    .execute();
  afterCommit(tx, () => wakeTransferLoops(context));
  return 'canceling';
}
