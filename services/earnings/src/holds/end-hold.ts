import { EndHoldSchema, type Hold, HoldSchema, RunSchema, zeroCents } from '@wewrite/contracts';
import { identityOf, idOfCause, keepAnswer, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { z } from 'zod';
import { checkReversals } from '../check-books.ts';
import type { Context, Tx } from '../db.ts';
import { lineAt, linesOfWriter } from '../find-lines.ts';
import { lockRun } from '../reversals/apply-reversals.ts';
import { allThatIsLeft, type Reversal, sumParts } from '../reversals/reversal.ts';
import { type AppliedReversal, writeReversals } from '../reversals/write-reversals.ts';
import { type KnownHold, readHolds, writeChange } from './hold.ts';

/** `POST /v1/holds/{id}/release|reverse` (admin): what was held is payable again, or goes back to who paid it (C6). */
export function endHold(server: Server, context: Context): void {
  for (const [verb, state] of [
    ['release', 'released'],
    ['reverse', 'reversed'],
  ] as const) {
    server.post(
      `/v1/holds/:id/${verb}`,
      {
        schema: {
          params: z.object({ id: z.uuid() }),
          body: EndHoldSchema,
          response: { 200: HoldSchema, ...problemResponses },
        },
        config: { access: ['admin'] },
      },
      async (request, reply) => {
        const change = { version: 2, state, reason: request.body.reason, byUserId: identityOf(request).userId };
        const { id } = request.params;
        return context.database.transaction(async (tx) => {
          const hold = await lockHold(tx, id);
          await writeChange(context, tx, { hold, change });
          if (state === 'reversed') await reverseHeld(context, tx, hold);
          const [ended] = await readHolds(tx, { holdId: id }, 1);
          return keepAnswer(tx, reply, HoldSchema.parse(ended));
        });
      },
    );
  }
}

/** Locks the hold's run, so that whoever ends it second sees that it has ended. */
async function lockHold(tx: Tx, holdId: string): Promise<KnownHold> {
  const known = await sql<{ runId: string }>`select run_id as "runId" from hold where hold_id = ${holdId}`.execute(tx);
  const runId = known.rows[0]?.runId;
  if (runId === undefined) throw new Refusal('not_found', 'There is no such hold.');
  await lockRun(tx, runId);
  const { rows } = await sql<
    Omit<KnownHold, 'place'> & { chunk: number | null; position: number | null; state: Hold['state'] }
  >`
    select hold_id as "holdId", run_id as "runId", month, recipient_user_id as "recipientUserId", chunk, position,
      net_cents as "netCents", state
    from hold_state where hold_id = ${holdId}`.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new Refusal('not_found', 'There is no such hold.');
  const { chunk, position, state, ...hold } = row;
  if (state !== 'held') throw new Refusal('hold_ended', `The hold was ${state} already.`);
  return { ...hold, place: chunk === null || position === null ? null : { chunk, position } };
}

/** What is left of the lines that are held goes back: a reversal for each supporter who had paid for them. */
async function reverseHeld(context: Context, tx: Tx, hold: KnownHold): Promise<void> {
  const { runId, month, recipientUserId, place } = hold;
  const lines =
    place === null
      ? await linesOfWriter(tx, { runId, recipientUserId })
      : [await lineAt(tx, { runId, ...place })].filter((line) => line !== null);
  const bySupporter = [...Map.groupBy(allThatIsLeft(lines), (part) => part.userId)];
  const applied = bySupporter.map(([userId, parts]): AppliedReversal => {
    const reversal: Reversal = {
      reversalId: idOfCause('operator', hold.holdId, userId),
      kind: 'operator',
      settles: hold.holdId,
      userId,
      month,
      amountCents: sumParts(parts).grossCents,
      stripeId: null,
      at: context.clock.now(),
    };
    return { reversal, parts: { lines: parts, unallocatedCents: zeroCents } };
  });
  await insertReversals(tx, applied);
  const run = RunSchema.parse({ runId, kind: 'close', month });
  await writeReversals(context, tx, { run, applied });
  await checkReversals(context, tx, run);
}

async function insertReversals(tx: Tx, applied: readonly AppliedReversal[]): Promise<void> {
  const rows = applied.map(({ reversal }) => ({
    reversal_id: reversal.reversalId,
    kind: reversal.kind,
    settles: reversal.settles,
    user_id: reversal.userId,
    month: reversal.month,
    amount_cents: reversal.amountCents,
    at: reversal.at.toISOString(),
  }));
  await sql`
    insert into reversal (reversal_id, kind, settles, user_id, month, amount_cents, at)
    select reversal_id, kind, settles, user_id, month, amount_cents, at
    from json_populate_recordset(null::reversal, ${JSON.stringify(rows)}::json)`.execute(tx);
}
