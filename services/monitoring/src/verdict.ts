import {
  type Cents,
  type CloseStep,
  cents,
  closeSteps,
  type Equation,
  equationOf,
  type ServiceName,
} from '@wewrite/contracts';

/** What monitoring knows of one step. */
export interface KnownStep {
  readonly step: string;
  readonly expected: number | null;
  readonly done: number;
  readonly state: 'running' | 'waiting_for_funds' | 'done';
  readonly booksVersion: number | null;
}

/** A service's newest check of its books for the run; `latestVersion` may be newer, of another run or of none. */
export interface KnownBooks {
  readonly service: string;
  readonly latestVersion: number;
  readonly equations: readonly Equation[];
  readonly sums: Readonly<Record<string, number>>;
  /** How many messages have moved the balances among them, by topic. */
  readonly takenIn: Readonly<Record<string, number>>;
}

export interface Verdict {
  readonly state: 'running' | 'reconciled' | 'unexplained';
  /** The sum of the absolute differences; null while the month is still running. */
  readonly unexplainedCents: Cents | null;
  readonly waitingFor: readonly string[];
  /** All that had to be equal, and was compared; none while the month is still running. */
  readonly equations: readonly Equation[];
  /** Those that are not. */
  readonly differences: readonly Equation[];
}

/** Sums that two services state of the same run and that must be equal. */
const agreements: readonly (readonly [ServiceName, string, ServiceName, string])[] = [
  ['allocations', 'paidCents', 'billing', 'paidCents'],
  ['allocations', 'fundedCents', 'billing', 'fundedCents'],
  ['allocations', 'unallocatedCents', 'billing', 'unallocatedCents'],
  ['allocations', 'fundedCents', 'earnings', 'fundedCents'],
  ['earnings', 'fundedCents', 'earnings', 'grossCents'],
  ['earnings', 'feeCents', 'billing', 'feeCents'],
  ['earnings', 'netCents', 'billing', 'netCents'],
  ['earnings', 'netCents', 'payouts', 'netCents'],
  ['billing', 'creatorObligationsCents', 'payouts', 'creatorObligationsCents'],
  ['billing', 'creatorReceivablesCents', 'payouts', 'creatorReceivablesCents'],
];

/** Expected and done of a step. Billing cannot know how many payouts will settle: payouts says it. */
export function countsOf(step: CloseStep, steps: ReadonlyMap<string, KnownStep>) {
  const known = steps.get(step);
  const counted = step === 'payout_books' ? steps.get('payouts') : known;
  return { expected: counted?.expected ?? null, done: known?.done ?? 0 };
}

/**
 * Judges a run: it is over when each step has done all that was expected and each service's books were checked since;
 * it is reconciled when, then, no equation shows a difference. A service says that a step is done only when sums agree, too.
 */
export function verdictOf(steps: readonly KnownStep[], books: readonly KnownBooks[]): Verdict {
  const stepsByName = new Map(steps.map((step) => [step.step, step]));
  const booksByService = new Map(books.map((known) => [known.service, known]));
  const waitingFor = [...unfinished(stepsByName), ...unchecked(stepsByName, booksByService)];
  const crossChecks = agreements.map((agreement) => crossCheck(agreement, booksByService));
  for (const check of crossChecks) if (typeof check === 'string') waitingFor.push(check);
  waitingFor.push(...underWay(booksByService));
  if (waitingFor.length > 0) return stillRunning(waitingFor);
  return judged([
    ...books.flatMap((known) =>
      known.equations.map((equation) => ({ ...equation, name: `${known.service}: ${equation.name}` })),
    ),
    ...crossChecks.filter((check) => typeof check !== 'string'),
  ]);
}

/** The verdict on a run that still waits for something. */
export function stillRunning(waitingFor: readonly string[]): Verdict {
  return { state: 'running', unexplainedCents: null, waitingFor, equations: [], differences: [] };
}

/** The verdict on a run that is over, by its equations. */
export function judged(equations: readonly Equation[]): Verdict {
  const differences = equations.filter((equation) => equation.differenceCents !== 0);
  const unexplainedCents = cents(differences.reduce((sum, equation) => sum + Math.abs(equation.differenceCents), 0));
  const state = differences.length === 0 ? 'reconciled' : 'unexplained';
  return { state, unexplainedCents, waitingFor: [], equations, differences };
}

function unfinished(steps: ReadonlyMap<string, KnownStep>): string[] {
  return (Object.keys(closeSteps) as CloseStep[]).flatMap((step) => {
    const { expected, done } = countsOf(step, steps);
    const state = steps.get(step)?.state;
    const isSaidDone = state === 'done' || step === 'payout_books';
    if (expected !== null && done === expected && isSaidDone) return [];
    const reason = state === 'waiting_for_funds' ? ', waiting for funds' : done === expected ? ', but sums differ' : '';
    return [`${step}: ${done} of ${expected ?? 'an unknown number'} done${reason}`];
  });
}

function unchecked(steps: ReadonlyMap<string, KnownStep>, books: ReadonlyMap<string, KnownBooks>): string[] {
  return (Object.entries(closeSteps) as [CloseStep, ServiceName][]).flatMap(([step, service]) => {
    const needed = steps.get(step)?.booksVersion ?? 0;
    const checked = books.get(service)?.latestVersion ?? 0;
    return checked >= needed && checked > 0 ? [] : [`${service}: books not yet checked since ${step}`];
  });
}

/**
 * The balances of billing and payouts are of all months, and each service hears of what moves them by itself: until both have
 * taken in the same, a difference says nothing. Where one of them does not count yet, as in an upgrade, they are compared as
 * they are.
 */
function underWay(books: ReadonlyMap<string, KnownBooks>): string[] {
  const billing = books.get('billing')?.takenIn ?? {};
  const payouts = books.get('payouts')?.takenIn ?? {};
  return Object.entries(billing).flatMap(([topic, inBilling]) => {
    const inPayouts = payouts[topic] ?? inBilling;
    return inBilling === inPayouts ? [] : [`${topic}: billing has taken in ${inBilling}, payouts ${inPayouts}`];
  });
}

function crossCheck(
  [left, leftSum, right, rightSum]: (typeof agreements)[number],
  books: ReadonlyMap<string, KnownBooks>,
): Equation | string {
  const leftCents = books.get(left)?.sums[leftSum];
  const rightCents = books.get(right)?.sums[rightSum];
  const name = `${left} ${leftSum} = ${right} ${rightSum}`;
  if (leftCents === undefined || rightCents === undefined) return `${name}: not yet stated`;
  return equationOf(name, leftCents, rightCents);
}
