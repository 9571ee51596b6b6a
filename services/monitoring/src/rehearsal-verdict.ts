import { type CloseStep, equationOf, rehearsedSteps } from '@wewrite/contracts';
import { judged, type KnownStep, stillRunning, type Verdict } from './verdict.ts';

/** A step and the sums that it has said. */
export type SummedStep = KnownStep & { readonly sums: Readonly<Record<string, number>> };

/** Sums of two steps that must be equal. */
const agreements: readonly (readonly [CloseStep, string, CloseStep, string])[] = [
  ['lock', 'paidCents', 'lines', 'paidCents'],
  ['lock', 'fundedCents', 'lines', 'fundedCents'],
  ['lock', 'unallocatedCents', 'lines', 'unallocatedCents'],
  ['lock', 'unfundedCents', 'lines', 'unfundedCents'],
  ['lock', 'paidCents', 'lock_books', 'paidCents'],
  ['lock', 'fundedCents', 'lock_books', 'fundedCents'],
  ['lock', 'unallocatedCents', 'lock_books', 'unallocatedCents'],
  ['lines', 'fundedCents', 'earnings', 'grossCents'],
  ['earnings', 'grossCents', 'earnings_books', 'grossCents'],
  ['earnings', 'feeCents', 'earnings_books', 'feeCents'],
  ['earnings', 'netCents', 'earnings_books', 'netCents'],
  ['earnings', 'grossCents', 'credits', 'grossCents'],
  ['earnings', 'feeCents', 'credits', 'feeCents'],
  ['earnings', 'netCents', 'credits', 'netCents'],
];

/** Compared only where both know the same budgets: until the cutoff supporters pay, whatever is rehearsed. */
const agreementOnBudgets = ['lock', 'paidCents', 'lock_books', 'knownPaidCents'] as const;

/**
 * Judges a rehearsal by what its steps say: no books know it. It is over when each step is done, and `reconciled` when,
 * then, the services have counted the same cents.
 */
export function rehearsalVerdictOf(steps: readonly SummedStep[]): Verdict {
  const known = new Map(steps.map((step) => [step.step, step]));
  const waitingFor = rehearsedSteps.flatMap((step) => {
    const { state, done = 0, expected = null } = known.get(step) ?? {};
    return state === 'done' ? [] : [`${step}: ${done} of ${expected ?? 'an unknown number'} done`];
  });
  if (waitingFor.length > 0) return stillRunning(waitingFor);
  const sumOf = (step: CloseStep, name: string) => known.get(step)?.sums[name] ?? 0;
  const compared = budgetChangesUnderWay(steps) === 0 ? [...agreements, agreementOnBudgets] : agreements;
  return judged(
    compared.map(([left, leftSum, right, rightSum]) =>
      equationOf(`${left} ${leftSum} = ${right} ${rightSum}`, sumOf(left, leftSum), sumOf(right, rightSum)),
    ),
  );
}

/**
 * How many changes of budgets billing knew at the end that allocations had not heard of as it began: what was paid is another
 * sum then. 0 where one of them does not count yet, as in an upgrade.
 */
export function budgetChangesUnderWay(steps: readonly SummedStep[]): number {
  const sumsOf = (name: CloseStep) => steps.find(({ step }) => step === name)?.sums;
  const taken = sumsOf('lock')?.budgetChanges;
  const known = sumsOf('lock_books')?.knownBudgetChanges;
  return taken === undefined || known === undefined ? 0 : Math.max(0, known - taken);
}
