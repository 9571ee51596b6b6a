// A month at its close: what each line is funded with (A6, A7, A11), and what each writer earns of it (C1).
import type { ResourceKey } from '@wewrite/contracts';
import { byBytes, halfUp, split, sumOf } from './arithmetic.ts';
import type { Standing } from './plan.ts';

/** The platform's part of what a writer is given. */
const platformBasisPoints = 700;

/** One allocation of one supporter in the month. What is gone of it was taken back, or is in dispute. */
export interface Line {
  readonly lineId: string;
  readonly userId: string;
  readonly recipientUserId: string;
  readonly resource: ResourceKey;
  readonly usdCents: number;
  readonly fundedCents: number;
  feeCents: number;
  goneCents: number;
  goneFeeCents: number;
}

/** What became of a supporter's paid budget; `goneCents` of the unallocated part was taken back, or is in dispute. */
export interface SupporterMonth {
  readonly userId: string;
  readonly budgetCents: number;
  readonly fundedCents: number;
  readonly unallocatedCents: number;
  readonly unfundedCents: number;
  goneCents: number;
}

/** What a writer earned. */
export interface WriterMonth {
  readonly userId: string;
  readonly grossCents: number;
  readonly platformFeeCents: number;
  readonly netCents: number;
  readonly lineCount: number;
}

/** A month that is closed. Lines are in order of their ids. */
export interface ClosedMonth {
  readonly month: string;
  readonly lines: readonly Line[];
  readonly supporters: ReadonlyMap<string, SupporterMonth>;
  readonly writers: ReadonlyMap<string, WriterMonth>;
}

/** A plan as it stood at a cutoff, without what its writer could not be given then (A11). */
export interface PlanAtCutoff {
  readonly userId: string;
  readonly budgetCents: number;
  readonly allocations: readonly Standing[];
}

/** Closes a month. Who neither paid nor has a line is not in it. */
export function closeMonth(month: string, plans: readonly PlanAtCutoff[]): ClosedMonth {
  const lines: Line[] = [];
  const supporters = new Map<string, SupporterMonth>();
  for (const { userId, budgetCents, allocations } of plans) {
    if (budgetCents === 0 && allocations.length === 0) continue;
    const own = fundedLines(month, userId, budgetCents, allocations);
    const fundedCents = sumOf(own.map((line) => line.fundedCents));
    const unfundedCents = sumOf(own.map((line) => line.usdCents)) - fundedCents;
    const unallocatedCents = budgetCents - fundedCents;
    supporters.set(userId, { userId, budgetCents, fundedCents, unallocatedCents, unfundedCents, goneCents: 0 });
    lines.push(...own);
  }
  lines.sort((a, b) => byBytes(a.lineId, b.lineId));
  return { month, lines, supporters, writers: earnings(lines) };
}

/** The id of a line: in the two ids `%` and `_` are written otherwise, so that no two lines have one id. */
export function lineIdOf(userId: string, { resourceType, resourceId }: ResourceKey, month: string): string {
  const escaped = (id: string) => id.replaceAll('%', '%25').replaceAll('_', '%5F');
  return `${escaped(userId)}_${resourceType}_${escaped(resourceId)}_${month}`;
}

/** Every line in full when the budget covers them all, else each in the same proportion. */
function fundedLines(
  month: string,
  userId: string,
  budgetCents: number,
  allocations: readonly Standing[],
): readonly Line[] {
  const named = allocations
    .map((allocation) => ({ ...allocation, lineId: lineIdOf(userId, allocation.resource, month) }))
    .sort((a, b) => byBytes(a.lineId, b.lineId));
  const wishes = named.map(({ usdCents }) => usdCents);
  const funded = budgetCents >= sumOf(wishes) ? wishes : split(budgetCents, wishes);
  return named.map(({ lineId, resource, recipientUserId, usdCents }, index) => ({
    lineId,
    userId,
    recipientUserId,
    resource,
    usdCents,
    fundedCents: funded[index] ?? 0,
    feeCents: 0,
    goneCents: 0,
    goneFeeCents: 0,
  }));
}

/** The fee is of the writer's month, and then spread over its lines. */
function earnings(lines: readonly Line[]): ReadonlyMap<string, WriterMonth> {
  const writers = new Map<string, WriterMonth>();
  for (const userId of new Set(lines.map((line) => line.recipientUserId))) {
    const own = lines.filter((line) => line.recipientUserId === userId);
    const grossCents = sumOf(own.map((line) => line.fundedCents));
    const platformFeeCents = halfUp(grossCents, platformBasisPoints, 10_000);
    const fees = split(
      platformFeeCents,
      own.map((line) => line.fundedCents),
    );
    own.forEach((line, index) => {
      line.feeCents = fees[index] ?? 0;
    });
    const netCents = grossCents - platformFeeCents;
    writers.set(userId, { userId, grossCents, platformFeeCents, netCents, lineCount: own.length });
  }
  return writers;
}
