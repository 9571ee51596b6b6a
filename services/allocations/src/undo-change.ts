import { AllocationAnswerSchema, UndoChangeSchema, type UserId } from '@wewrite/contracts';
import { activeTraceId, identityOf, keepAnswer, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { turnToNow } from './change-schedule.ts';
import type { AllocationChangeTable, Context, Schema } from './db.ts';
import { changeOne } from './set-allocation.ts';

/**
 * A supporter takes the last change of a resource back: what stood before it stands again, by a new change (A10). One
 * that has been followed by another is left alone, and so is one that ended a span: the span would not end again (A9).
 * That its supporter was told of a writer (A11) is none: it changed no amount.
 */
export function undoChange(server: Server, context: Context): void {
  server.post(
    '/v1/allocations/undo',
    {
      schema: {
        summary: "Take back the supporter's last change of a resource",
        body: UndoChangeSchema,
        response: { 200: AllocationAnswerSchema, ...problemResponses },
      },
      config: { access: ['supporter'] },
    },
    async (request, reply) => {
      const { userId } = identityOf(request);
      const requestId = activeTraceId() ?? request.id;
      return context.database.transaction(async (tx) => {
        await turnToNow(tx, context, userId);
        const undone = await findLastOfResource(tx, { userId, version: request.body.version });
        const resource = { resourceType: undone.resource_type, resourceId: undone.resource_id };
        const wishes = [{ resource, usdCents: undone.before_cents }];
        return keepAnswer(tx, reply, await changeOne(tx, context, { userId, requestId, wishes }));
      });
    },
  );
}

/** The plan is locked and turned: what is the last change now is so until the undoing one. */
async function findLastOfResource(
  tx: Transaction<Schema>,
  { userId, version }: { userId: UserId; version: number },
): Promise<AllocationChangeTable> {
  const { rows } = await sql<AllocationChangeTable & { is_followed: boolean; ended_span: boolean }>`
    select change.*, exists (
      select from allocation_change as later
      where later.user_id = change.user_id and later.version > change.version
        and later.resource_type = change.resource_type and later.resource_id = change.resource_id
        and later.cause <> 'writer_unavailable'
    ) as is_followed, exists (
      select from schedule where schedule.user_id = change.user_id and ended_by_version = change.version
    ) as ended_span
    from allocation_change as change
    where user_id = ${userId} and version = ${version} and cause <> 'writer_unavailable'`.execute(tx);
  const [change] = rows;
  if (change === undefined) throw new Refusal('not_found', 'Your plan has had no such change.', { field: 'version' });
  if (change.ended_span) {
    throw new Refusal('version_conflict', 'This change ended a span: plan the span again instead.', {
      field: 'version',
    });
  }
  if (change.is_followed) {
    const sentence = 'This resource has been changed again since: look at what stands now, and decide again.';
    throw new Refusal('version_conflict', sentence, { field: 'version' });
  }
  return change;
}
