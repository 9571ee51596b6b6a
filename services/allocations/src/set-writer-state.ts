import { SetWriterStateSchema, UserIdSchema, type WriterState, WriterStateAnswerSchema } from '@wewrite/contracts';
import { activeTraceId, afterCommit, assert, identityOf, problemResponses, type Server } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { z } from 'zod';
import { passCloseGate } from './close-gate.ts';
import type { Context, Schema } from './db.ts';

/**
 * WeWrite's site says whether a writer takes support (A11). The history is kept, since a close asks for the state at its
 * cutoff, however late it comes (A8); like a change of a plan, a change here is never before the cutoff of a close that
 * has begun. Saying the same again changes nothing. The writer's supporters are told afterwards, by `tell-supporters.ts`.
 */
export function setWriterState(server: Server, context: Context): void {
  server.put(
    '/v1/writers/:userId',
    {
      schema: {
        summary: "Tell a writer's state: open, inactive, blocked or closed",
        params: z.object({ userId: UserIdSchema }),
        body: SetWriterStateSchema,
        response: { 200: WriterStateAnswerSchema, ...problemResponses },
      },
      config: { access: ['service'] },
    },
    async (request) => {
      const { userId } = request.params;
      const { state } = request.body;
      const requestId = activeTraceId() ?? request.id;
      const wish = { userId, state, changedBy: identityOf(request).userId, requestId };
      const since = await context.database.transaction((tx) => change(tx, context, wish));
      return { userId, state, since: since.toISOString() };
    },
  );
}

interface WriterChange {
  readonly userId: string;
  readonly state: WriterState;
  readonly changedBy: string;
  readonly requestId: string;
}

interface Current {
  readonly state: WriterState | null;
  readonly since: Date | null;
  readonly at: Date;
}

/** Returns since when the writer is in the state. */
async function change(tx: Transaction<Schema>, context: Context, wish: WriterChange): Promise<Date> {
  const { userId, state } = wish;
  await sql`
    with ${passCloseGate}
    select pg_advisory_xact_lock(7117011, hashtext(${userId})) from close_gate`.execute(tx);
  const { rows } = await sql<Current>`
    select state, since, greatest(${context.clock.now()}::timestamptz, since, (select max(cutoff) from month_close)) as at
    from (select) as one left join writer_state on user_id = ${userId} and until is null`.execute(tx);
  const [current] = rows;
  assert(current !== undefined, 'an outer join of one row has a row');
  if (current.state === state && current.since !== null) return current.since;
  const { at } = current;
  if (state !== (current.state ?? 'open')) await leaveNotice(tx, context, wish);
  if (current.since?.getTime() === at.getTime()) {
    await sql`update writer_state set state = ${state} where user_id = ${userId} and until is null`.execute(tx);
    return at;
  }
  await sql`update writer_state set until = ${at} where user_id = ${userId} and until is null`.execute(tx);
  await sql`insert into writer_state (user_id, since, state) values (${userId}, ${at}, ${state})`.execute(tx);
  return at;
}

async function leaveNotice(
  tx: Transaction<Schema>,
  { time, wake }: Context,
  { userId, changedBy, requestId }: WriterChange,
): Promise<void> {
  await sql`
    insert into writer_notice (writer_user_id, due_at, changed_by, request_id)
    values (${userId}, ${time.now()}, ${changedBy}, ${requestId})`.execute(tx);
  afterCommit(tx, () => wake('tell_supporters'));
}
