import {
  type AllocationAnswer,
  AllocationAnswerSchema,
  RemoveAllocationQuerySchema,
  ResourcePathSchema,
  SetAllocationSchema,
} from '@wewrite/contracts';
import { activeTraceId, identityOf, problemResponses, type Server } from '@wewrite/service-kit';
import type { Transaction } from 'kysely';
import { changePlan, type Wishes } from './change-plan.ts';
import type { Context, Schema } from './db.ts';
import { allocationAnswer, refusalOf } from './plan-answer.ts';

/** A supporter sets one allocation, also while a close runs (A5). */
export function setAllocation(server: Server, context: Context): void {
  const schema = { params: ResourcePathSchema, response: { 200: AllocationAnswerSchema, ...problemResponses } };
  const config = { access: ['supporter' as const] };
  const path = '/v1/allocations/:resourceType/:resourceId';
  server.put(
    path,
    { schema: { summary: 'Set what the supporter gives a resource', ...schema, body: SetAllocationSchema }, config },
    async (request) =>
      change(context, {
        userId: identityOf(request).userId,
        requestId: activeTraceId() ?? request.id,
        wishes: [{ resource: request.params, ...request.body }],
      }),
  );
  server.delete(
    path,
    {
      schema: { summary: 'Give a resource nothing any more', ...schema, querystring: RemoveAllocationQuerySchema },
      config,
    },
    async (request) =>
      change(context, {
        userId: identityOf(request).userId,
        requestId: activeTraceId() ?? request.id,
        wishes: [{ resource: request.params, usdCents: 0, ...request.query }],
      }),
  );
}

async function change(context: Context, wishes: Wishes): Promise<AllocationAnswer> {
  return context.database.transaction((tx) => changeOne(tx, context, wishes));
}

/** Changes one allocation; answers what stands then. Throws the Refusal of a wish that is refused. */
export async function changeOne(tx: Transaction<Schema>, context: Context, wishes: Wishes): Promise<AllocationAnswer> {
  const changed = await changePlan(tx, context, wishes);
  const [wish] = changed.decided;
  const answer = allocationAnswer({ ...changed, now: changed.at, standing: wish?.standing ?? null });
  if (wish?.decision.outcome === 'refused') throw refusalOf(wish.decision, answer);
  return answer;
}
