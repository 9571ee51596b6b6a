import type { Mutant } from './mutant.ts';

const source = 'services/allocations/src';
const tests = 'services/allocations/tests';
const races = 'tests/races-of-the-lock.test.ts';

/** Plans, schedules and their history. */
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
    name: 'wishes-add-up',
    rule: 'A2',
    wrong: 'a wish is added to the one that stood for the same resource',
    file: `${source}/write-changes.ts`,
    edits: [
      {
        from: 'usd_cents = excluded.usd_cents, since = excluded.since',
        to: 'usd_cents = allocation.usd_cents + excluded.usd_cents, since = excluded.since',
      },
    ],
    tests: [`${tests}/set-allocation.test.ts`],
  },
  {
    name: 'overspent-not-shown',
    rule: 'A3',
    wrong: 'a plan above its budget shows neither what is left nor what is overspent',
    file: `${source}/plan.ts`,
    edits: [{ from: 'overspentCents: leftCents < 0 ? cents(-leftCents) : zeroCents', to: 'overspentCents: zeroCents' }],
    tests: [`${source}/plan.test.ts`],
  },
  {
    name: 'operators-changes-signed-by-the-supporter',
    rule: 'A10',
    wrong: 'the history says that the supporter has made what an operator has brought in',
    file: `${source}/write-changes.ts`,
    edits: [{ from: '${changedBy}, ${requestId}', to: '${userId}, ${requestId}' }],
    tests: [`${tests}/import-plans.test.ts`],
  },
  {
    name: 'preference-kept-once',
    rule: 'A12',
    wrong: "a supporter's step stays what it was set to first",
    file: `${source}/keep-preferences.ts`,
    edits: [{ from: 'do update set increment_cents = excluded.increment_cents', to: 'do nothing' }],
    tests: [`${tests}/closed-writers.test.ts`],
  },
  {
    name: 'merged-without-being-told-to',
    rule: 'A13',
    wrong: 'looking at duplicates merges them, in production, too',
    file: 'apps/cli/src/commands/dedupe.ts',
    edits: [{ from: 'if (execute && isProduction && !prod) {', to: 'if (execute && isProduction && prod) {' }],
    tests: ['apps/cli/src/commands/import.test.ts'],
  },
];
