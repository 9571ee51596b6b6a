// An operator who doubts a payout keeps its transfer back while nothing has left for Stripe; its money stays reserved.
import { HeldPayoutSchema, HoldPayoutSchema } from '@wewrite/contracts';
import { afterCommit, identityOf, keepAnswer, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import type { Transaction } from 'kysely';
import { z } from 'zod';
import { type Context, wakeTransferLoops } from '../context.ts';
import type { Schema } from '../db.ts';
import { sayStalled } from '../say-stalled.ts';
import { isUnsent, keepOrder, lockPayout } from './payout-order.ts';

const orders = { hold, release } as const;

/** `POST /v1/payouts/{id}/hold` and `/release`. */
export function holdPayout(server: Server, context: Context): void {
  for (const [kind, summary] of [
    ['hold', 'Keep a payout from being sent'],
    ['release', 'Let a payout be sent again'],
  ] as const) {
    server.post(
      `/v1/payouts/:id/${kind}`,
      {
        schema: {
          summary,
          params: z.object({ id: z.uuid() }),
          body: HoldPayoutSchema,
          response: { 200: HeldPayoutSchema, ...problemResponses },
        },
        config: { access: ['admin'] },
      },
      async (request, reply) => {
        const { id } = request.params;
        return context.database.transaction(async (tx) => {
          const transfer = await orders[kind](context, tx, id);
          const by = { reason: request.body.reason, ordered_by: identityOf(request).userId };
          await keepOrder(context, tx, { payout_id: id, kind, ...by });
          return keepAnswer(tx, reply, { id, transfer });
        });
      },
    );
  }
}

async function hold(context: Context, tx: Transaction<Schema>, payoutId: string): Promise<'held'> {
  const found = await lockPayout(tx, payoutId);
  if (found === null) throw new Refusal('not_found', 'There is no such payout.');
  if (!isUnsent(found)) throw new Refusal('payout_sent', 'The payout is on its way, or over: it cannot be held.');
  const { traceparent } = found.payout;
  await tx
    .insertInto('transfer_job')
    .values({
      payout_id: payoutId,
      attempt: 1,
      tries: 0,
      key_first_used_at: null,
      state: 'held',
      due_at: context.time.now(),
      lease_until: null,
      traceparent,
    })
    .onConflict((conflict) => conflict.column('payout_id').doUpdateSet({ state: 'held' }))
    .execute();
  await sayStalled(context, tx, [found.payout.run_id]);
  return 'held';
}

async function release(context: Context, tx: Transaction<Schema>, payoutId: string): Promise<'send'> {
  const found = await lockPayout(tx, payoutId);
  if (found?.job?.state !== 'held') throw new Refusal('not_found', 'No payout of this id is held.');
  await tx
    .updateTable('transfer_job')
    .set({ state: 'send', due_at: context.time.now() })
    .where('payout_id', '=', payoutId)
    .execute();
  afterCommit(tx, () => wakeTransferLoops(context));
  return 'send';
}
