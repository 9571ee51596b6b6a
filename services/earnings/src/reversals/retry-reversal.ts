import { ReversalRecordSchema } from '@wewrite/contracts';
import { afterCommit, identityOf, keepAnswer, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Context } from '../db.ts';
import { readReversals } from './list-reversals.ts';
import { refuseBusy } from './queue-reversals.ts';

/** `POST /v1/reversals/{id}/retry` (admin): a reversal that did not fit is tried again, once its cause is mended. */
export function retryReversal(server: Server, context: Context): void {
  server.post(
    '/v1/reversals/:id/retry',
    {
      schema: {
        summary: 'Try a reversal again that could not be spread',
        params: z.object({ id: z.uuid() }),
        body: z.strictObject({}),
        response: { 200: ReversalRecordSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    (request, reply) =>
      context.database.transaction(async (tx) => {
        const { id: reversalId } = request.params;
        const [refused] = await readReversals(tx, { reversalId }, 1);
        if (refused === undefined) throw new Refusal('not_found', 'There is no such reversal.');
        // Its place is before those of what has come since, of which an operator's may count on all that is left.
        await refuseBusy(tx, refused.record.month);
        const { numAffectedRows } = await sql`
          update waiting_reversal set refused_because = null
          where reversal_id = ${reversalId} and refused_because is not null`.execute(tx);
        if (numAffectedRows === 0n) throw new Refusal('not_refused', 'The reversal was spread, or is about to be.');
        const [known] = await readReversals(tx, { reversalId }, 1);
        const { userId } = identityOf(request);
        context.log.info({ reversalId, userId }, 'an operator has a reversal tried again');
        afterCommit(tx, () => context.wake('apply_reversals'));
        return keepAnswer(tx, reply, ReversalRecordSchema.parse(known?.record));
      }),
  );
}
