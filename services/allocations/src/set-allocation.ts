import { AllocationAnswerSchema, ResourcePathSchema, SetAllocationSchema } from '@wewrite/contracts';
import { activeTraceId, identityOf, problemResponses, type Server } from '@wewrite/service-kit';
import { changePlan, type Wishes } from './change-plan.ts';
import type { Context } from './db.ts';
import { totalsOf } from './plan.ts';
import { activeLineAnswer, refusalOf, summaryAnswer } from './plan-answer.ts';

/** A supporter sets one allocation, also while a close runs (A5). */
export function setAllocation(server: Server, context: Context): void {
  const route = {
    schema: {
      params: ResourcePathSchema,
      response: { 200: AllocationAnswerSchema, ...problemResponses },
    },
    config: { access: ['supporter' as const] },
  };
  const path = '/v1/allocations/:resourceType/:resourceId';
  server.put(path, { ...route, schema: { ...route.schema, body: SetAllocationSchema } }, async (request) =>
    change(context, {
      userId: identityOf(request).userId,
      requestId: activeTraceId() ?? request.id,
      wishes: [{ resource: request.params, ...request.body }],
    }),
  );
  server.delete(path, route, async (request) =>
    change(context, {
      userId: identityOf(request).userId,
      requestId: activeTraceId() ?? request.id,
      wishes: [{ resource: request.params, usdCents: 0 }],
    }),
  );
}

async function change(context: Context, wishes: Wishes) {
  return context.database.transaction(async (tx) => {
    const { userId, at, month, funding, plan, decided } = await changePlan(tx, context, wishes);
    for (const { decision } of decided) if (decision.outcome === 'refused') throw refusalOf(decision);
    const standing = decided[0]?.standing ?? null;
    return {
      allocation: standing === null ? null : activeLineAnswer(userId, month, standing),
      summary: summaryAnswer({ month, funding, totals: totalsOf(plan), now: at }),
    };
  });
}
