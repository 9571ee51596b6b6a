import { type Cents, HoldsPageSchema, HoldsQuerySchema } from '@wewrite/contracts';
import { problemResponses, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context } from '../db.ts';
import type { LineKeys } from '../line-key.ts';
import { readHolds } from './hold.ts';

/** `GET /v1/holds` (admin): every hold with its history, oldest first. */
export function listHolds(server: Server, context: Context): void {
  server.get(
    '/v1/holds',
    {
      schema: {
        summary: 'What is kept back, and why',
        querystring: HoldsQuerySchema,
        response: { 200: HoldsPageSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const { state, cursor, limit } = request.query;
      const holds = await readHolds(context.database.kysely, { state, after: cursor }, limit + 1);
      const page = holds.slice(0, limit);
      return { holds: page, nextCursor: holds.length > limit ? (page.at(-1)?.holdId ?? null) : null };
    },
  );
}

/** What is kept back of a writer's month now, as the writer sees it (C6). */
export async function readWriterHolds(
  { database }: Context,
  {
    runId,
    recipientUserId,
    keys,
  }: { readonly runId: string; readonly recipientUserId: string; readonly keys: LineKeys },
) {
  const { rows } = await sql<{ lineId: string | null; netCents: Cents; reason: string; heldAt: Date }>`
    select line_id as "lineId", left_cents as "netCents", reason, held_at as "heldAt"
    from hold_state left join line_detail using (run_id, chunk, position)
    where run_id = ${runId} and hold_state.recipient_user_id = ${recipientUserId} and state = 'held'
    order by hold_id`.execute(database.kysely);
  return rows.map(({ lineId, netCents, reason, heldAt }) => ({
    lineKey: lineId === null ? null : keys.lineKey(lineId),
    netCents,
    reason,
    heldAt: heldAt.toISOString(),
  }));
}
