import type { Mutant } from './mutant.ts';

const source = 'services/allocations/src';
const tests = 'services/allocations/tests';

/** What the lock of a month freezes, when, and of whom. */
export const lockMutants: readonly Mutant[] = [
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
  {
    name: 'wish-lasts-a-month',
    rule: 'A1',
    wrong: 'a wish counts only in the month in which it was made',
    file: `${source}/read-lines.ts`,
    edits: [
      {
        from: 'where ${users} and since < ${of.cutoff}',
        to: "where ${users} and since < ${of.cutoff} and to_char(since at time zone 'UTC', 'YYYY-MM') = ${of.month}",
      },
    ],
    tests: [`${tests}/as-of-cutoff.test.ts`],
  },
];
