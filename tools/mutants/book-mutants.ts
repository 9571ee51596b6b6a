import type { Edit, Mutant } from './mutant.ts';

const verdict = 'services/monitoring/src/verdict.ts';
const verdictTest = 'services/monitoring/src/verdict.test.ts';

/** Equations by the service that checks them: what each one compares, and the text that makes both its sides one. */
const equations: readonly { service: string; file: string; test: string; sides: Readonly<Record<string, Edit>> }[] = [
  {
    service: 'allocations',
    file: 'services/allocations/src/events.ts',
    test: 'services/allocations/src/events.test.ts',
    sides: {
      'funded-and-unallocated': {
        from: 'totals.fundedCents + totals.unallocatedCents, totals.paidCents)',
        to: 'totals.paidCents, totals.paidCents)',
      },
      'paid-and-funding': {
        from: 'totals.paidCents, check.fundingPaidCents)',
        to: 'totals.paidCents, totals.paidCents)',
      },
    },
  },
  {
    service: 'billing',
    file: 'services/billing/src/close/check-books.ts',
    test: 'services/billing/tests/books.test.ts',
    sides: {
      'trial-balance': {
        from: 'sum(({ creditCents }) => creditCents)',
        to: 'sum(({ debitCents }) => debitCents)',
      },
      'paid-and-parts': {
        from: 'lock.paidCents, lock.fundedCents + lock.unallocatedCents)',
        to: 'lock.paidCents, lock.paidCents)',
      },
      'allocated-and-funded-lines': { from: 'creditCents, lock.fundedCents)', to: 'creditCents, creditCents)' },
      'earned-and-writer-months': {
        from: 'debitCents, earnings.feeCents + earnings.netCents)',
        to: 'debitCents, debitCents)',
      },
      'gross-and-parts': {
        from: 'earnings.grossCents, earnings.feeCents + earnings.netCents)',
        to: 'earnings.grossCents, earnings.grossCents)',
      },
      'allocated-given-to-writers': { from: 'creditCents - debitCents, 0)', to: '0, 0)' },
      'supporter-funds-zero': { from: 'balanceCents, openCents)', to: 'balanceCents, balanceCents)' },
      'supporter-funds-and-funding': {
        from: 'creditCents + budgetCents, closedCents)',
        to: 'closedCents, closedCents)',
      },
      'lock-and-funding': { from: 'lock.paidCents, closedCents)', to: 'closedCents, closedCents)' },
    },
  },
  {
    service: 'earnings',
    file: 'services/earnings/src/check-books.ts',
    test: 'services/earnings/tests/books.test.ts',
    sides: {
      'paid-and-parts': {
        from: 'sums.paidCents, sums.fundedCents + sums.unallocatedCents)',
        to: 'sums.paidCents, sums.paidCents)',
      },
      'budgets-and-lines': {
        from: 'supporters.fundedCents, lines.fundedCents)',
        to: 'lines.fundedCents, lines.fundedCents)',
      },
      'lines-and-writers': {
        from: 'lines.fundedCents, writers.grossCents)',
        to: 'lines.fundedCents, lines.fundedCents)',
      },
      'gross-and-parts': {
        from: 'writers.grossCents, writers.feeCents + writers.netCents)',
        to: 'writers.grossCents, writers.grossCents)',
      },
      'reversed-and-parts': { from: 'reversedCents, lineCents + restCents)', to: 'reversedCents, reversedCents)' },
      'nothing-refused': { from: 'refusedCents, 0)', to: '0, 0)' },
    },
  },
  {
    service: 'payouts',
    file: 'services/payouts/src/check-books.ts',
    test: 'services/payouts/tests/books.test.ts',
    sides: {
      'trial-balance': { from: 'sums.trialCents, 0)', to: '0, 0)' },
      'owed-and-control': { from: 'owed - receivableCents, sums.controlCents)', to: '0, 0)' },
      'held-and-holds': { from: 'sums.heldCents, sums.keptBackCents)', to: '0, 0)' },
      'receivable-and-adjustments': { from: 'receivableCents, sums.adjustedCents)', to: '0, 0)' },
    },
  },
];

/** What two services say of the same month, and monitoring compares. */
const agreements: readonly (readonly [string, string, string, string])[] = [
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

const equationMutants = equations.flatMap(({ service, file, test, sides }) =>
  Object.entries(sides).map(
    ([name, edit]): Mutant => ({
      name: `equation-off-${service}-${name}`,
      rule: 'B5',
      wrong: `an equation of the books of ${service} compares a side with itself`,
      file,
      edits: [edit],
      tests: [test],
    }),
  ),
);

const agreementMutants = agreements.map(([left, leftSum, right, rightSum]): Mutant => {
  const words = `${left} ${leftSum} ${right} ${rightSum}`.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return {
    name: `agreement-off-${words.replaceAll(' ', '-').replaceAll('-cents', '')}`,
    rule: 'B5',
    wrong: `nobody compares ${leftSum} of ${left} with ${rightSum} of ${right}`,
    file: verdict,
    edits: [{ from: `  ['${left}', '${leftSum}', '${right}', '${rightSum}'],\n`, to: '' }],
    tests: [verdictTest],
  };
});

/** How a month is found to be right: each equation that is checked, each comparison of two services, and the verdict. */
export const bookMutants: readonly Mutant[] = [
  ...equationMutants,
  ...agreementMutants,
  {
    name: 'differences-forgiven',
    rule: 'B5',
    wrong: 'two sides that differ are equal',
    file: 'libs/contracts/src/topics/monitoring.ts',
    edits: [{ from: 'differenceCents: cents(left - right) };', to: 'differenceCents: cents(0) };' }],
    tests: [verdictTest],
  },
  {
    name: 'negative-differences-forgiven',
    rule: 'B5',
    wrong: 'a month is reconciled although a side is too small',
    file: verdict,
    edits: [{ from: 'equation.differenceCents !== 0', to: 'equation.differenceCents > 0' }],
    tests: [verdictTest],
  },
  {
    name: 'differences-cancel-out',
    rule: 'B5',
    wrong: 'a cent too many in one place makes up for one that is missing in another',
    file: verdict,
    edits: [{ from: 'sum + Math.abs(equation.differenceCents)', to: 'sum + equation.differenceCents' }],
    tests: [verdictTest],
  },
  {
    name: 'reconciled-by-old-books',
    rule: 'B5',
    wrong: 'a month is reconciled by a check of the books from before its last step',
    file: verdict,
    edits: [{ from: 'checked >= needed && checked > 0', to: 'checked > 0' }],
    tests: [verdictTest],
  },
  {
    name: 'compared-while-under-way',
    rule: 'B5',
    wrong: 'balances are compared of which one service has heard more than the other',
    file: verdict,
    edits: [{ from: 'inBilling === inPayouts ? [] :', to: 'inBilling <= inPayouts ? [] :' }],
    tests: [verdictTest],
  },
  {
    name: 'reconciled-before-the-end',
    rule: 'B5',
    wrong: 'a month is reconciled although a step lacks one of what was expected',
    file: verdict,
    edits: [{ from: 'expected !== null && done === expected && isSaidDone', to: 'expected !== null && isSaidDone' }],
    tests: [verdictTest],
  },
  {
    name: 'rehearsal-reconciles-the-month',
    rule: 'B4, F1',
    wrong: 'a rehearsal that comes out right is said to be the close of its month',
    file: 'services/monitoring/src/judge-run.ts',
    edits: [
      { from: "verdict.state === 'reconciled' && !isRehearsal) await", to: "verdict.state === 'reconciled') await" },
    ],
    tests: ['services/monitoring/tests/rehearsal.test.ts'],
  },
  {
    name: 'rehearsal-compares-other-budgets',
    rule: 'B5',
    wrong: 'a rehearsal is unexplained while a payment is on its way to allocations',
    file: 'services/monitoring/src/rehearsal-verdict.ts',
    edits: [
      {
        from: 'budgetChangesUnderWay(steps) === 0 ? [...agreements, agreementOnBudgets] : agreements',
        to: '[...agreements, agreementOnBudgets]',
      },
    ],
    tests: ['services/monitoring/tests/rehearsal.test.ts'],
  },
  {
    name: 'older-progress-wins',
    rule: 'F1',
    wrong: 'a step goes back by a message that comes late',
    file: 'services/monitoring/src/take-progress.ts',
    edits: [{ from: '    where known.version < excluded.version`', to: '`' }],
    tests: ['services/monitoring/tests/month-progress.test.ts'],
  },
];
