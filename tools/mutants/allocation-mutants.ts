import type { Mutant } from './mutant.ts';

const source = 'services/allocations/src';
const tests = 'services/allocations/tests';
const races = 'tests/races-of-the-lock.test.ts';

/** Plans, schedules and the lock of a month. */
export const allocationMutants: readonly Mutant[] = [
  {
    name: 'change-passes-the-shut-gate',
    rule: 'A5',
    wrong: 'a change is made without the shared lock that a close takes for a moment',
    file: `${source}/close-gate.ts`,
    edits: [{ from: 'select pg_advisory_xact_lock_shared(${gate}) as passed', to: 'select true as passed' }],
    tests: [races],
  },
  {
    name: 'close-does-not-shut-the-gate',
    rule: 'A5',
    wrong: 'a close begins while changes of the old month are still to commit',
    file: `${source}/close-gate.ts`,
    edits: [
      {
        from: 'await sql`select pg_advisory_xact_lock(${gate})`.execute(tx);',
        to: 'await sql`select ${gate}`.execute(tx);',
      },
    ],
    tests: [races],
  },
  {
    name: 'plan-not-locked',
    rule: 'A4',
    wrong: 'two changes of a plan are decided at the same time',
    file: `${source}/change-plan.ts`,
    edits: [
      {
        from: 'select from plan, close_gate where user_id = ${userId} for update of plan`.execute(tx);\n  if (locked',
        to: 'select from plan, close_gate where user_id = ${userId}`.execute(tx);\n  if (locked',
      },
    ],
    tests: [`${tests}/set-allocation.test.ts`],
  },
  {
    name: 'over-allocation-by-one-wish',
    rule: 'A4',
    wrong: 'a raise is compared with the whole budget instead of what is left of it',
    file: `${source}/plan.ts`,
    edits: [
      { from: 'if (raisedCents > 0 && raisedCents > availableCents)', to: 'if (raisedCents > plan.budgetCents)' },
    ],
    tests: [`${source}/plan.test.ts`],
  },
  {
    name: 'overspent-plans-can-grow',
    rule: 'A6',
    wrong: 'a plan above its budget accepts a raise as large as what it is overspent by',
    file: `${source}/plan.ts`,
    edits: [
      {
        from: 'availableCents: leftCents > 0 ? leftCents : zeroCents',
        to: 'availableCents: cents(Math.abs(leftCents))',
      },
    ],
    tests: [`${source}/plan.test.ts`],
  },
  {
    name: 'expected-version-ignored',
    rule: 'A4',
    wrong: 'a wish overwrites a state that its author has not seen',
    file: `${source}/plan.ts`,
    edits: [{ from: 'expectedVersion !== (before?.version ?? 0)', to: 'expectedVersion < 0' }],
    tests: [`${source}/plan.test.ts`],
  },
  {
    name: 'supporting-oneself',
    rule: 'A4',
    wrong: 'a writer supports the own page',
    file: `${source}/plan.ts`,
    edits: [
      {
        from: 'if (ownerUserId === command.userId) return refused(',
        to: 'if (command.userId === ownerUserId && usdCents < 0) return refused(',
      },
    ],
    tests: [`${source}/plan.test.ts`],
  },
  {
    name: 'other-plans-readable',
    rule: 'Safety',
    wrong: 'a plan shows the allocations of everybody',
    file: `${source}/read-standing.ts`,
    edits: [
      {
        from: 'from allocation where user_id = ${userId}',
        to: 'from allocation where user_id <> ${null}::text is not true',
      },
    ],
    tests: [`${tests}/set-allocation.test.ts`],
  },
  {
    name: 'time-goes-back',
    rule: 'A5',
    wrong: 'an instance whose clock is behind dates a change before the cutoff of a close that has begun',
    file: `${source}/change-plan.ts`,
    edits: [{ from: 'last_changed_at, (select max(cutoff) from month_close))', to: 'last_changed_at)' }],
    tests: [`${tests}/month-turn.test.ts`],
  },
  {
    name: 'older-budget-wins',
    rule: 'A5',
    wrong: 'a budget that comes late takes the place of a newer one',
    file: `${source}/apply-funding.ts`,
    edits: [{ from: '      where budget.version < excluded.version\n', to: '' }],
    tests: [`${tests}/read-plan.test.ts`],
  },
  {
    name: 'funding-changes-a-locked-month',
    rule: 'B6',
    wrong: 'a budget changes after its month is locked',
    file: `${source}/apply-funding.ts`,
    edits: [{ from: 'budgets.filter((budget) => !frozen.has(budget.month)),', to: 'budgets,' }],
    tests: [`${tests}/close-month.test.ts`],
  },
  {
    name: 'schedule-applied-twice',
    rule: 'A9',
    wrong: 'a schedule that has begun begins again at the next turn',
    file: `${source}/schedule.ts`,
    edits: [
      {
        from: "turn = moved(turn, schedule, 'begun', decision.changes);",
        to: "turn = moved(turn, schedule, 'planned', decision.changes);",
      },
    ],
    tests: [`${source}/schedule.test.ts`],
  },
  {
    name: 'span-never-ends',
    rule: 'A9',
    wrong: 'what was to stand for a span of months stands for ever',
    file: `${source}/schedule.ts`,
    edits: [{ from: '? nextMonth(schedule.throughMonth) : null;', to: '? null : null;' }],
    tests: [`${source}/schedule.test.ts`],
  },
  {
    name: 'schedule-a-month-late',
    rule: 'A9',
    wrong: 'a schedule begins after the first turn of its month',
    file: `${source}/schedule.ts`,
    edits: [{ from: 'return due !== null && due <= month;', to: 'return due !== null && due < month;' }],
    tests: [`${source}/schedule.test.ts`],
  },
  {
    name: 'span-survives-a-direct-change',
    rule: 'A9',
    wrong: 'a span goes on under a change of the same resource, and takes its amount back at its end',
    file: `${source}/change-plan.ts`,
    edits: [{ from: 'if (current.hasSpans) await endSpans', to: 'if (current.isDue) await endSpans' }],
    tests: [`${tests}/schedules.test.ts`],
  },
  {
    name: 'lock-before-the-turn',
    rule: 'A9',
    wrong: 'a month is locked although schedules of it are still due',
    file: `${source}/begin-lock.ts`,
    edits: [{ from: "return (await isTurnDue(database, close.month)) ? { state: 'plans_to_turn' } : ", to: 'return ' }],
    tests: [`${tests}/schedules.test.ts`],
  },
  {
    name: 'closed-writer-kept',
    rule: 'A11',
    wrong: 'the line of a writer who was closed at the cutoff is funded',
    file: `${source}/leave-out.ts`,
    edits: [{ from: '(userId) => closedWriters.has(userId)', to: '() => closedWriters.size < 0' }],
    tests: [`${source}/leave-out.test.ts`],
  },
  {
    name: 'writer-closed-at-the-cutoff',
    rule: 'A11',
    wrong: 'a writer who closes at the first instant of the next month loses the month before',
    file: `${source}/writer-state.ts`,
    edits: [{ from: "state <> 'open' and since < ${cutoff}", to: "state <> 'open' and since <= ${cutoff}" }],
    tests: [`${tests}/closed-writers.test.ts`],
  },
  {
    name: 'change-at-the-cutoff-counted',
    rule: 'B1',
    wrong: 'a wish that was made at the cutoff belongs to the month before',
    file: `${source}/read-lines.ts`,
    edits: [{ from: 'and since < ${of.cutoff}', to: 'and since <= ${of.cutoff}' }],
    tests: [`${tests}/as-of-cutoff.test.ts`],
  },
  {
    name: 'replaced-lines-forgotten',
    rule: 'B1',
    wrong: 'what was changed since the cutoff is not in the month any more',
    file: `${source}/read-lines.ts`,
    edits: [{ from: 'and before_month <= ${of.month} and', to: 'and before_month < ${of.month} and' }],
    tests: [`${tests}/as-of-cutoff.test.ts`],
  },
  {
    name: 'lock-without-funding',
    rule: 'B7',
    wrong: 'a month is locked before billing has closed its funding',
    file: `${source}/begin-lock.ts`,
    edits: [{ from: ': checkFunding(database, close.month);', to: ": { state: 'complete' };" }],
    tests: [`${tests}/close-month.test.ts`],
  },
  {
    name: 'funding-compared-by-sums',
    rule: 'B7',
    wrong: 'budgets of other supporters with the same sum pass for the funding of the month',
    file: `${source}/check-funding.ts`,
    edits: [{ from: 'if (hash === row.hash) return', to: 'if (sumsAgree) return' }],
    tests: [`${tests}/close-month.test.ts`],
  },
  {
    name: 'close-uses-the-open-part',
    rule: 'E7',
    wrong: 'a month is funded with a renewal that nobody has paid',
    file: `${source}/read-page.ts`,
    edits: [
      {
        from: 'select paid_cents, invoice_ids from budget',
        to: 'select paid_cents + open_cents as paid_cents, invoice_ids from budget',
      },
    ],
    tests: [`${tests}/close-month.test.ts`],
  },
  {
    name: 'unfunded-lines-funded',
    rule: 'A7',
    wrong: 'lines are funded in full although nothing was paid',
    file: `${source}/locked-chunk.ts`,
    edits: [
      {
        from: 'if (paidCents === 0) return usdCents.map(() => zeroCents);',
        to: 'if (paidCents === 0) return usdCents;',
      },
    ],
    tests: [`${source}/locked-chunk.test.ts`],
  },
  {
    name: 'missed-supporter-unnoticed',
    rule: 'B5',
    wrong: 'a lock ends although a supporter who was counted is not in it',
    file: `${source}/finish-lock.ts`,
    edits: [
      {
        from: 'isRehearsal || close.candidates_done === close.candidates_expected,',
        to: 'isRehearsal || close.candidates_done >= 0,',
      },
    ],
    tests: [`${tests}/finish-lock.test.ts`],
  },
  {
    name: 'paid-budget-not-held-against-funding',
    rule: 'B3',
    wrong: 'a lock ends although its chunks do not hold what billing says was paid',
    file: `${source}/finish-lock.ts`,
    edits: [{ from: 'assert(close.paid_cents === fundingPaidCents,', to: 'assert(fundingPaidCents !== null,' }],
    tests: [`${tests}/finish-lock.test.ts`],
  },
  {
    name: 'month-in-progress-closed',
    rule: 'B6',
    wrong: 'the running month can be closed',
    file: `${source}/start-close.ts`,
    edits: [{ from: 'if (now < cutoffOf(month)) {', to: 'if (now === null) {' }],
    tests: [`${tests}/close-month.test.ts`],
  },
];
