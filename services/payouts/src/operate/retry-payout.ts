// D3: a payout of which nobody can tell whether Stripe has made it waits for an operator, who has it looked up once more,
// or, having seen at Stripe that there is none, sent under the next key.
import { RetriedPayoutSchema, RetryPayoutSchema } from '@wewrite/contracts';
import { afterCommit, identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { z } from 'zod';
import { type Context, wakeTransferLoops } from '../context.ts';
import { keepOrder } from './payout-order.ts';

/** `POST /v1/payouts/{id}/retry`. */
export function retryPayout(server: Server, context: Context): void {
  server.post(
    '/v1/payouts/:id/retry',
    {
      schema: {
        summary: 'Have a payout looked up at Stripe, or sent',
        params: z.object({ id: z.uuid() }),
        body: RetryPayoutSchema,
        response: { 200: RetriedPayoutSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const { id } = request.params;
      const next = request.body.nothingAtStripe ? ('send' as const) : ('look_up_again' as const);
      await context.database.transaction(async (tx) => {
        const job = await tx
          .updateTable('transfer_job')
          .set(({ eb }) => ({
            state: next,
            due_at: context.time.now(),
            ...(next === 'send' ? { attempt: eb('attempt', '+', 1), key_first_used_at: null } : {}),
          }))
          .where('payout_id', '=', id)
          .where('state', '=', 'operator')
          .returning('attempt')
          .executeTakeFirst();
        if (job === undefined) throw new Refusal('not_found', 'No payout of this id waits for an operator.');
        const reason = request.body.nothingAtStripe ? 'nothing at Stripe' : null;
        const { userId } = identityOf(request);
        await keepOrder(context, tx, { payout_id: id, kind: 'retry', reason, ordered_by: userId });
        afterCommit(tx, () => wakeTransferLoops(context));
      });
      return { id, next };
    },
  );
}
