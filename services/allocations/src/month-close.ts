import {
  type Cents,
  cents,
  cutoffOf,
  type LockedTotals,
  type Month,
  monthOf,
  nextMonth,
  type Run,
  type Urgency,
} from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import type { MonthCloseTable } from './db.ts';

/** The run of a month's close: the same id whoever starts it, and however often (B2). */
export function closeRunOf(month: Month): Run {
  return { runId: idOfCause('close', month), kind: 'close', month };
}

/** The run that a close, or a rehearsal of one, is. */
export function runOf({ run_id: runId, kind, month }: MonthCloseTable): Run {
  return { runId, kind, month };
}

/** The sums of the chunks that are frozen so far. */
export function lockedTotalsOf(close: MonthCloseTable): LockedTotals {
  return {
    supporters: close.supporters,
    lines: close.lines,
    paidCents: cents(close.paid_cents),
    fundedCents: cents(close.funded_cents),
    unallocatedCents: cents(close.unallocated_cents),
    unfundedCents: cents(close.unfunded_cents),
  };
}

/** The part of the totals that other services' books must equal. */
export function lockedSumsOf(totals: LockedTotals): Record<string, Cents> {
  const { paidCents, fundedCents, unallocatedCents, unfundedCents } = totals;
  return { paidCents, fundedCents, unallocatedCents, unfundedCents };
}

/** What month.progress says beside the sums of a close that is late: how much it recovers (A8). */
export function backfilledSumsOf({ backfilled, lines }: MonthCloseTable): Record<string, Cents> {
  return backfilled ? { backfilledMonths: cents(1), backfilledLines: cents(lines) } : {};
}

/** What month.progress says beside the sums of a rehearsal: how often the budgets had changed that it knows. */
export function rehearsedSumsOf({ budget_changes: changes = null }: MonthCloseTable): Record<string, Cents> {
  return changes === null ? {} : { budgetChanges: cents(changes) };
}

/** True when the close of a month is started so late that the month after is over, too (A8). */
export function isBackfill(month: Month, now: Date): boolean {
  return monthOf(now) > nextMonth(month);
}

/** The months from one to another, both included. */
export function monthsBetween(first: Month, last: Month): Month[] {
  const months: Month[] = [];
  for (let month = first; month <= last; month = nextMonth(month)) months.push(month);
  return months;
}

/**
 * The months after `month` in which changes of what stood at its cutoff can be: up to the one after the month of `now`,
 * since the clock of the instance that made a change may be ahead of this one's.
 */
export function laterMonths(month: Month, now: Date): Month[] {
  return monthsBetween(nextMonth(month), nextMonth(monthOf(now)));
}

const hourMs = 60 * 60 * 1000;

/** How near the cutoff of the running month is. */
export function urgencyAt(now: Date): Urgency {
  const leftMs = cutoffOf(monthOf(now)).getTime() - now.getTime();
  if (leftMs <= hourMs) return 'final';
  if (leftMs <= 24 * hourMs) return 'urgent';
  return leftMs <= 7 * 24 * hourMs ? 'soon' : 'calm';
}
