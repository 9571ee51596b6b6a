import {
  type Cents,
  cents,
  HoldSchema,
  type PlaceHold,
  PlaceHoldSchema,
  type UserId,
  UserIdSchema,
} from '@wewrite/contracts';
import { type Identity, identityOf, keepAnswer, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context, Tx } from '../db.ts';
import { findLine, lineAt } from '../find-lines.ts';
import { findCalculatedRun } from '../find-run.ts';
import { leftOf } from '../line.ts';
import { lineKeys } from '../line-key.ts';
import { lockRun } from '../reversals/apply-reversals.ts';
import { writeAnswer } from './answer-question.ts';
import { type KnownHold, readHolds, writeChange } from './hold.ts';

/** `POST /v1/holds` (admin): what is left of a line, or of a writer's month, is kept back until it is released or reversed. */
export function placeHold(server: Server, context: Context): void {
  server.post(
    '/v1/holds',
    {
      schema: {
        summary: "Keep back a line, or a writer's month",
        body: PlaceHoldSchema,
        response: { 201: HoldSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request, reply) => {
      const identity = identityOf(request);
      const { reason, questionId } = request.body;
      const target = await findTarget(context, request.body, identity);
      return context.database.transaction(async (tx) => {
        await lockRun(tx, target.runId);
        await refuseTwice(tx, target);
        const netCents = await readLeft(tx, target);
        if (netCents === 0) throw new Refusal('nothing_to_hold', 'Nothing is left of it that could be held.');
        const hold: KnownHold = { ...target, holdId: context.ids.next(), netCents };
        await insertHold(tx, hold);
        await writeChange(context, tx, {
          hold,
          change: { version: 1, state: 'held', reason, byUserId: identity.userId },
        });
        if (questionId !== undefined) {
          const answer = { questionId, text: reason, holdId: hold.holdId, byUserId: identity.userId };
          await writeAnswer(context, tx, answer);
        }
        const [placed] = await readHolds(tx, { holdId: hold.holdId }, 1);
        reply.status(201);
        return keepAnswer(tx, reply, HoldSchema.parse(placed));
      });
    },
  );
}

type Target = Omit<KnownHold, 'holdId' | 'netCents'>;

async function findTarget(context: Context, body: PlaceHold, identity: Identity): Promise<Target> {
  if ('month' in body) {
    const { month, recipientUserId } = body;
    const { runId } = await findCalculatedRun(context, month);
    return { runId, month, recipientUserId, place: null };
  }
  const keys = lineKeys(context.config.LINE_KEY_SECRET);
  const line = await findLine(context, { lineId: body.line, keys, identity });
  if (line === null)
    throw new Refusal('not_found', 'There is no such line in a month that is calculated.', { field: 'line' });
  const { runId, month, chunk, position } = line;
  const recipientUserId: UserId = UserIdSchema.parse(line.recipientUserId);
  return { runId, month, recipientUserId, place: { chunk, position } };
}

/** The same money is held once: a line within a month that is held is held already, and the other way round. */
async function refuseTwice(tx: Tx, { runId, recipientUserId, place }: Target): Promise<void> {
  const { chunk, position } = place ?? { chunk: null, position: null };
  const { rows } = await sql<{ hold_id: string }>`
    select hold_id from hold_state
    where run_id = ${runId} and recipient_user_id = ${recipientUserId} and state = 'held'
      and (${chunk}::integer is null or chunk is null or (chunk = ${chunk} and position = ${position}))
    limit 1`.execute(tx);
  const [held] = rows;
  if (held !== undefined)
    throw new Refusal('already_held', `It is held already, or a part of it is: by ${held.hold_id}.`);
}

/** The net cents that neither reversals nor open disputes have taken. */
async function readLeft(tx: Tx, { runId, recipientUserId, place }: Target): Promise<Cents> {
  if (place !== null) {
    const line = await lineAt(tx, { runId, ...place });
    if (line === null) return cents(0);
    const { grossCents, feeCents } = leftOf(line);
    return cents(grossCents - feeCents);
  }
  const { rows } = await sql<{ leftCents: Cents }>`
    select net_cents - coalesce((
      select sum(taken_gross_cents - taken_fee_cents + disputed_gross_cents - disputed_fee_cents)::bigint
      from line_reversal where run_id = ${runId} and recipient_user_id = ${recipientUserId}
    ), 0) as "leftCents"
    from writer_month where run_id = ${runId} and recipient_user_id = ${recipientUserId}`.execute(tx);
  const [month] = rows;
  if (month === undefined) throw new Refusal('not_found', 'The writer has no earnings in this month.');
  return month.leftCents;
}

async function insertHold(
  tx: Tx,
  { holdId, runId, month, recipientUserId, place, netCents }: KnownHold,
): Promise<void> {
  await sql`
    insert into hold (hold_id, run_id, month, recipient_user_id, chunk, position, net_cents)
    values (${holdId}, ${runId}, ${month}, ${recipientUserId}, ${place?.chunk ?? null}, ${place?.position ?? null},
      ${netCents})`.execute(tx);
}
