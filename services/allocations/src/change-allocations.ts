import {
  ChangeAllocationsSchema,
  type ChangedAllocations,
  ChangedAllocationsSchema,
  problemStatuses,
} from '@wewrite/contracts';
import { activeTraceId, identityOf, keepAnswer, problemResponses, type Server } from '@wewrite/service-kit';
import { type ChangedPlan, changePlan } from './change-plan.ts';
import type { Context } from './db.ts';
import { type DecidedWish, totalsOf } from './plan.ts';
import { activeLineAnswer, summaryAnswer } from './plan-answer.ts';

/**
 * A supporter changes many allocations in one request and transaction: in order, each accepted or refused by itself, so
 * that lowering one makes room for the next (A4).
 */
export function changeAllocations(server: Server, context: Context): void {
  server.post(
    '/v1/allocations/batch',
    {
      schema: {
        summary: 'Up to 100 changes in order; a refused one changes nothing and does not undo the others',
        body: ChangeAllocationsSchema,
        response: { 200: ChangedAllocationsSchema, ...problemResponses },
      },
      config: { access: ['supporter'] },
    },
    async (request, reply) => {
      const wishes = request.body.changes.map(({ resourceType, resourceId, ...wish }) => ({
        resource: { resourceType, resourceId },
        ...wish,
      }));
      const { userId } = identityOf(request);
      const requestId = activeTraceId() ?? request.id;
      return context.database.transaction(async (tx) =>
        keepAnswer(tx, reply, changedAnswer(await changePlan(tx, context, { userId, requestId, wishes }))),
      );
    },
  );
}

function changedAnswer(changed: ChangedPlan): ChangedAllocations {
  const { at, month, funding, plan, decided } = changed;
  const { version = 0 } = plan;
  return {
    results: decided.map((wish) => resultOf(changed, wish)),
    summary: summaryAnswer({ month, funding, totals: totalsOf(plan), version, now: at }),
  };
}

function resultOf({ userId, month }: ChangedPlan, { decision, standing }: DecidedWish) {
  const allocation = standing === null ? null : activeLineAnswer(userId, month, standing);
  if (decision.outcome === 'accepted') return { outcome: 'accepted' as const, allocation };
  const { code, field, availableCents, sentence } = decision;
  return {
    outcome: 'refused' as const,
    code,
    status: problemStatuses[code],
    detail: sentence,
    ...(field === undefined ? {} : { field }),
    ...(availableCents === undefined ? {} : { availableCents }),
    allocation,
  };
}
