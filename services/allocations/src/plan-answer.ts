import {
  type Allocation,
  type AllocationAnswer,
  type AllocationSummary,
  cutoffOf,
  type Funding,
  lineIdOf,
  type Month,
  type UserId,
  type WriterState,
} from '@wewrite/contracts';
import { Refusal } from '@wewrite/service-kit';
import { type Plan, type PlanRefusal, type PlanTotals, type StandingAllocation, totalsOf } from './plan.ts';

/** The numbers of a plan as the API answers them. */
export function summaryAnswer(of: {
  month: Month;
  funding: Funding;
  totals: PlanTotals;
  /** Null in a month that is over. */
  version: number | null;
  now: Date;
}): AllocationSummary {
  return {
    month: of.month,
    cutoff: cutoffOf(of.month).toISOString(),
    serverTime: of.now.toISOString(),
    funding: of.funding,
    version: of.version,
    ...of.totals,
  };
}

/** What stands, or stood at the cutoff of a month that is over and no longer changes. */
export type ActiveLine = Omit<StandingAllocation, 'version' | 'writerState'> & {
  readonly version: number | null;
  readonly writerState: WriterState | null;
};

/** The line of a month that is not locked. */
export function activeLineAnswer(userId: UserId, month: Month, standing: ActiveLine): Allocation {
  return {
    lineId: lineIdOf(userId, standing.resource, month),
    month,
    ...standing.resource,
    recipientUserId: standing.recipientUserId,
    usdCents: standing.usdCents,
    fundedCents: null,
    status: 'active',
    version: standing.version,
    writerState: standing.writerState,
  };
}

/** One allocation, or none, of a plan in the running month. */
export function allocationAnswer(of: {
  userId: UserId;
  month: Month;
  funding: Funding;
  plan: Plan;
  standing: StandingAllocation | null;
  now: Date;
}): AllocationAnswer {
  const { userId, month, plan, standing } = of;
  return {
    allocation: standing === null ? null : activeLineAnswer(userId, month, standing),
    version: standing?.version ?? 0,
    summary: summaryAnswer({ ...of, totals: totalsOf(plan), version: plan.version ?? 0 }),
  };
}

/** A refused wish as the problem that answers it; a conflict shows the state that stands. */
export function refusalOf(refused: PlanRefusal, current: AllocationAnswer): Refusal {
  const { code, sentence, field, availableCents } = refused;
  return new Refusal(code, sentence, {
    ...(field === undefined ? {} : { field }),
    details: {
      ...(availableCents === undefined ? {} : { availableCents }),
      ...(code === 'version_conflict' ? current : {}),
    },
  });
}
