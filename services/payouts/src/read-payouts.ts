import {
  MonthSchema,
  month,
  type Payout,
  PayoutDetailSchema,
  PayoutPageSchema,
  PayoutSchema,
} from '@wewrite/contracts';
import { type Identity, identityOf, problemResponses, Refusal, type Server, traceIdOf } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Context } from './context.ts';
import { feesOf, type PayoutWithEarnings, payoutsWithEarnings } from './fees.ts';
import { adviceAfterFailure, nextPayoutDate } from './payout.ts';

const CursorSchema = z
  .string()
  .regex(/^\d{4}-\d{2}:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'not a cursor of this list');

/** A writer reads the own payouts, an admin everybody's; another's payout is simply not found. */
export function readPayouts(server: Server, context: Context): void {
  const query = z.strictObject({
    month: MonthSchema.optional(),
    limit: z.coerce.number().int().min(1).max(1_000).default(100),
    cursor: CursorSchema.optional(),
  });
  server.get(
    '/v1/payouts',
    {
      schema: {
        summary: "Payouts, the latest first: the writer's own, or for an admin all",
        querystring: query,
        response: { 200: PayoutPageSchema, ...problemResponses },
      },
      config: { access: ['writer', 'admin'] },
    },
    async (request) => {
      const { month: ofMonth, limit, cursor } = request.query;
      const [cursorMonth = '', cursorId = ''] = cursor?.split(/:(.*)/s) ?? [];
      const after =
        cursor === undefined
          ? sql`true`
          : sql`(month < ${cursorMonth} or (month = ${cursorMonth} and id > ${cursorId}))`;
      const inMonth = ofMonth === undefined ? sql`true` : sql`month = ${ofMonth}`;
      const where = sql`${visibleTo(identityOf(request))} and ${inMonth} and ${after}`;
      const { rows } = await payoutsWithEarnings(where, limit + 1).execute(context.database.kysely);
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return {
        payouts: rows.slice(0, limit).map(payoutOf),
        nextCursor: last === undefined ? null : `${last.month}:${last.id}`,
      };
    },
  );
  server.get(
    '/v1/payouts/:id',
    {
      schema: {
        summary: 'A payout with its fees and attempts',
        params: z.object({ id: z.uuid() }),
        response: { 200: PayoutDetailSchema, ...problemResponses },
      },
      config: { access: ['writer', 'admin'] },
    },
    async (request) => {
      const { id } = request.params;
      const where = sql`${visibleTo(identityOf(request))} and id = ${id}`;
      const { rows } = await payoutsWithEarnings(where, 1).execute(context.database.kysely);
      const [payout] = rows;
      if (payout === undefined) throw new Refusal('not_found', 'There is no such payout of yours.');
      return { ...payoutOf(payout), attempts: await attemptsOf(context, id, identityOf(request)) };
    },
  );
}

/** The rows that somebody may see. */
export function visibleTo(identity: Identity) {
  return identity.roles.has('admin') ? sql`true` : sql`payout.user_id = ${identity.userId}`;
}

/** A payout as it is answered, with its fees (D7), and what to do when its money is payable again (D5). */
export function payoutOf(row: PayoutWithEarnings): Payout {
  const isBack = row.status === 'failed' || row.status === 'returned' || row.status === 'canceled';
  return PayoutSchema.parse({
    id: row.id,
    month: row.month,
    recipientUserId: row.user_id,
    status: row.status,
    fees: feesOf(row),
    transferId: row.transfer_id,
    reason: row.reason,
    whatToDo: isBack ? adviceAfterFailure(row.reason) : null,
    nextDate: isBack ? nextPayoutDate(month(row.month)) : null,
    requestedAt: row.requested_at.toISOString(),
    settledAt: row.settled_at?.toISOString() ?? null,
    traceId: row.traceparent === null ? null : traceIdOf(row.traceparent),
  });
}

/** The calls to Stripe for a payout, in order; what Stripe said of those that failed may be of the platform: admins see it. */
async function attemptsOf({ database }: Context, payoutId: string, identity: Identity) {
  const rows = await database.kysely
    .selectFrom('payout_attempt')
    .selectAll()
    .where('payout_id', '=', payoutId)
    .orderBy('attempt')
    .orderBy('try')
    .execute();
  return rows.map((row) => ({
    attempt: row.attempt,
    idempotencyKey: row.idempotency_key,
    outcome: row.outcome,
    detail: identity.roles.has('admin') || row.outcome === 'made' ? row.detail : null,
    at: row.at.toISOString(),
  }));
}
