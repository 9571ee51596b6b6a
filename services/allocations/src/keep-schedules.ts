import {
  AllocationScheduleSchema,
  AllocationSchedulesSchema,
  ChangeScheduleSchema,
  cents,
  MakeScheduleSchema,
  UserIdSchema,
} from '@wewrite/contracts';
import { identityOf, keepAnswer, problemResponses, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { z } from 'zod';
import { changeSchedule, makeSchedule, removeSchedule } from './change-schedule.ts';
import type { Context, ScheduleTable } from './db.ts';

const config = { access: ['supporter' as const] };
const params = z.object({ scheduleId: z.uuid() });
const answers = { ...problemResponses };

/** A supporter plans changes of the own plan for months to come (A9): makes, lists, edits and removes them. */
export function keepSchedules(server: Server, context: Context): void {
  listSchedules(server, context);
  const { database } = context;
  server.post(
    '/v1/schedules',
    {
      schema: {
        summary: 'Schedule a change of an allocation',
        body: MakeScheduleSchema,
        response: { 201: AllocationScheduleSchema, ...answers },
      },
      config,
    },
    async (request, reply) => {
      const { resourceType, resourceId, ...wish } = request.body;
      const { userId } = identityOf(request);
      return database.transaction(async (tx) => {
        const row = await makeSchedule(tx, context, { userId, resource: { resourceType, resourceId }, wish });
        return keepAnswer(tx, reply.status(201), scheduleAnswer(row));
      });
    },
  );
  const response = { 200: AllocationScheduleSchema, ...answers };
  server.put(
    '/v1/schedules/:scheduleId',
    {
      schema: { summary: 'Change a scheduled change that has not begun', params, body: ChangeScheduleSchema, response },
      config,
    },
    async (request) => {
      const wish = { scheduleId: request.params.scheduleId, wish: request.body, userId: identityOf(request).userId };
      return scheduleAnswer(await database.transaction((tx) => changeSchedule(tx, context, wish)));
    },
  );
  server.delete(
    '/v1/schedules/:scheduleId',
    { schema: { summary: 'Remove a scheduled change that has not begun', params, response }, config },
    async (request) => {
      const { userId } = identityOf(request);
      const { scheduleId } = request.params;
      return scheduleAnswer(await database.transaction((tx) => removeSchedule(tx, context, { userId, scheduleId })));
    },
  );
}

function listSchedules(server: Server, { database }: Context): void {
  server.get(
    '/v1/schedules',
    {
      schema: {
        summary: "The supporter's scheduled changes",
        querystring: z.strictObject({
          cursor: z
            .string()
            .regex(/^\d{1,15}$/, 'give the nextCursor of the page before')
            .optional(),
          limit: z.coerce.number().int().min(1).max(500).default(100),
        }),
        response: { 200: AllocationSchedulesSchema, ...answers },
      },
      config,
    },
    async (request) => {
      const { cursor, limit } = request.query;
      const { rows } = await sql<ScheduleTable>`
        select * from schedule where user_id = ${identityOf(request).userId} and number < ${cursor ?? beyondAnyNumber}
        order by number desc limit ${limit + 1}`.execute(database.kysely);
      const page = rows.slice(0, limit);
      return {
        schedules: page.map(scheduleAnswer),
        nextCursor: rows.length > limit ? String(page.at(-1)?.number) : null,
      };
    },
  );
}

const beyondAnyNumber = Number.MAX_SAFE_INTEGER;

function scheduleAnswer(row: ScheduleTable): z.infer<typeof AllocationScheduleSchema> {
  return {
    scheduleId: row.id,
    resourceType: row.resource_type,
    resourceId: row.resource_id,
    recipientUserId: UserIdSchema.parse(row.recipient_user_id),
    kind: row.kind,
    usdCents: cents(row.usd_cents),
    fromMonth: row.from_month,
    throughMonth: row.through_month,
    state: row.state,
  };
}
