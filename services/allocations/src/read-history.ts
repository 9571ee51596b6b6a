import { AllocationHistorySchema, cents } from '@wewrite/contracts';
import { identityOf, problemResponses, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { z } from 'zod';
import type { AllocationChangeTable, Context } from './db.ts';

/** A supporter reads the changes of the own plan, newest first (A10). The cursor is the version of a page's last change. */
export function readHistory(server: Server, { database }: Context): void {
  server.get(
    '/v1/allocations/history',
    {
      schema: {
        summary: "The supporter's own changes, the latest first",
        querystring: z.strictObject({
          cursor: z
            .string()
            .regex(/^\d{1,9}$/, 'give the nextCursor of the page before')
            .optional(),
          limit: z.coerce.number().int().min(1).max(500).default(100),
        }),
        response: { 200: AllocationHistorySchema, ...problemResponses },
      },
      config: { access: ['supporter'] },
    },
    async (request) => {
      const { cursor, limit } = request.query;
      const { rows } = await sql<AllocationChangeTable>`
        select * from allocation_change
        where user_id = ${identityOf(request).userId} and version < ${cursor ?? beyondAnyVersion}
        order by version desc limit ${limit + 1}`.execute(database.kysely);
      const page = rows.slice(0, limit);
      return {
        changes: page.map(changeAnswer),
        nextCursor: rows.length > limit ? String(page.at(-1)?.version) : null,
      };
    },
  );
}

const beyondAnyVersion = 2_147_483_647;

function changeAnswer(row: AllocationChangeTable) {
  return {
    version: row.version,
    resourceType: row.resource_type,
    resourceId: row.resource_id,
    recipientUserId: row.recipient_user_id,
    beforeCents: cents(row.before_cents),
    afterCents: cents(row.after_cents),
    month: row.month,
    at: row.at.toISOString(),
    changedBy: row.changed_by,
    cause: row.cause,
    writerState: row.writer_state,
    requestId: row.request_id,
  };
}
