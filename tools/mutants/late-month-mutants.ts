import type { Mutant } from './mutant.ts';

const source = 'services/payouts/src';
const lateMonths = 'services/payouts/tests/late-months.test.ts';

/** A8: late months come one after another, and wait for nobody. */
export const lateMonthMutants: readonly Mutant[] = [
  {
    name: 'stalled-month-waited-for',
    rule: 'A8',
    wrong: 'a late month that waits for a person holds up the locks of all later months',
    file: 'services/allocations/src/begin-lock.ts',
    edits: [{ from: ' and not stalled', to: '' }],
    tests: ['services/allocations/tests/late-close.test.ts'],
  },
  {
    name: 'later-months-paid-with-the-earlier',
    rule: 'A8',
    wrong: 'a month that waited for its funds pays what later months have credited since',
    file: `${source}/judge-writers.ts`,
    edits: [{ from: 'since === undefined ? known : withoutLaterMonths(known, since)', to: 'since ? known : known' }],
    tests: [lateMonths],
  },
  {
    name: 'late-payouts-not-waited-for',
    rule: 'A8',
    wrong: 'the second of two late months tells writers that the payout of the first is on its way',
    file: `${source}/month-to-judge.ts`,
    edits: [
      {
        from: 'return (await areEarlierPayoutsUnderWay(database, monthFrom(next.month))) ? undefined : next;',
        to: 'return next;',
      },
    ],
    tests: [lateMonths],
  },
  {
    name: 'stopped-payouts-waited-for',
    rule: 'A8',
    wrong: 'a payout that waits for a person holds up the payouts of all later months',
    file: `${source}/month-to-judge.ts`,
    edits: [{ from: " not in ('operator', 'held')", to: " not in ('never')" }],
    tests: [lateMonths],
  },
];
