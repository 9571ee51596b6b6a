import { type Cents, cents, EndHoldSchema, type Hold, HoldSchema, sumCents } from '@wewrite/contracts';
import {
  activeTraceparent,
  afterCommit,
  identityOf,
  keepAnswer,
  problemResponses,
  Refusal,
  type Server,
} from '@wewrite/service-kit';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Context, Tx } from '../db.ts';
import { lineKeys } from '../line-key.ts';
import { lockRun } from '../reversals/apply-reversals.ts';
import { refuseBusy } from '../reversals/queue-reversals.ts';
import { type KnownHold, readHolds, writeChange } from './hold.ts';

/** `POST /v1/holds/{id}/release|reverse` (admin): what was held is payable again, or goes back to who paid it (C6). */
export function endHold(server: Server, context: Context): void {
  for (const [verb, state, summary] of [
    ['release', 'released', 'Let go what is kept back'],
    ['reverse', 'reversed', 'Take back what is kept back'],
  ] as const) {
    server.post(
      `/v1/holds/:id/${verb}`,
      {
        schema: {
          summary,
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
          const netCents = state === 'reversed' ? await queueReversed(context, tx, hold) : hold.netCents;
          await writeChange(context, tx, { hold: { ...hold, netCents }, change });
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

/**
 * What is left of the lines that are held goes back: a reversal for each supporter who had paid for them. They are queued
 * behind those that have come, of which none may be under way: it would take a part of what these are to take.
 * Returns the net cents that they take together, which is less than was held where other reversals have taken of it since.
 */
async function queueReversed(context: Context, tx: Tx, hold: KnownHold): Promise<Cents> {
  const { runId, month, recipientUserId, place, holdId } = hold;
  await refuseBusy(tx, month);
  // C4: a writer sees these reversals. Neither their ids nor their order may come from the supporters' ids.
  const orderKey = lineKeys(context.config.LINE_KEY_SECRET).orderKey(runId);
  const held = place === null ? sql`true` : sql`chunk = ${place.chunk} and position = ${place.position}`;
  const { rows } = await sql<{ userId: string; grossCents: Cents; feeCents: Cents }>`
    select user_id as "userId", sum(funded_cents - taken_gross_cents - disputed_gross_cents)::bigint as "grossCents",
      sum(fee_cents - taken_fee_cents - disputed_fee_cents)::bigint as "feeCents"
    from line_state where run_id = ${runId} and recipient_user_id = ${recipientUserId} and ${held}
    group by user_id having sum(funded_cents - taken_gross_cents - disputed_gross_cents) > 0
    order by sha256(convert_to(${orderKey} || user_id, 'UTF8'))`.execute(tx);
  const ids = rows.map(() => context.ids.next());
  await sql`
    with queued as (
      insert into reversal (reversal_id, kind, settles, user_id, month, amount_cents, at, traceparent)
      select reversal_id, 'operator', ${holdId}::uuid, user_id, ${month}, amount_cents, ${context.clock.now()},
        ${activeTraceparent()}
      from unnest(
        ${ids}::uuid[], ${rows.map((row) => row.userId)}::text[], ${rows.map((row) => row.grossCents)}::bigint[]
      ) as part (reversal_id, user_id, amount_cents)
      returning reversal_id, month
    )
    insert into waiting_reversal (reversal_id, month) select reversal_id, month from queued`.execute(tx);
  afterCommit(tx, () => context.wake('apply_reversals'));
  return sumCents(rows.map(({ grossCents, feeCents }) => cents(grossCents - feeCents)));
}
