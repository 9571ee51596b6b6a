import {
  type Allocation,
  type AllocationSummary,
  cutoffOf,
  type Funding,
  lineIdOf,
  type Month,
  type UserId,
} from '@wewrite/contracts';
import { Refusal } from '@wewrite/service-kit';
import type { PlanRefusal, PlanTotals, StandingAllocation } from './plan.ts';

/** The numbers of a plan as the API answers them. */
export function summaryAnswer(of: {
  month: Month;
  funding: Funding;
  totals: PlanTotals;
  now: Date;
}): AllocationSummary {
  return {
    month: of.month,
    cutoff: cutoffOf(of.month).toISOString(),
    serverTime: of.now.toISOString(),
    funding: of.funding,
    ...of.totals,
  };
}

/** A standing allocation as the line of a month that is not locked. */
export function activeLineAnswer(userId: UserId, month: Month, standing: StandingAllocation): Allocation {
  return {
    lineId: lineIdOf(userId, standing.resource, month),
    month,
    ...standing.resource,
    recipientUserId: standing.recipientUserId,
    usdCents: standing.usdCents,
    fundedCents: null,
    status: 'active',
  };
}

/** A refused wish as the problem that answers it. */
export function refusalOf({ code, sentence, field, availableCents }: PlanRefusal): Refusal {
  return new Refusal(code, sentence, {
    ...(field === undefined ? {} : { field }),
    ...(availableCents === undefined ? {} : { details: { availableCents } }),
  });
}
