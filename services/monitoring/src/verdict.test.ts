import { describe, expect, test } from '@jest/globals';
import { type CloseStep, closeSteps, equationOf } from '@wewrite/contracts';
import { type KnownBooks, type KnownStep, verdictOf } from './verdict.ts';

const steps = (Object.keys(closeSteps) as CloseStep[]).map(
  (step): KnownStep => ({ step, expected: 3, done: 3, state: 'done', booksVersion: 2 }),
);

/** A month in order: 1,000 ¢ paid, 900 of them funded; no writer is owed anything any more. */
const sums = {
  allocations: { paidCents: 1_000, fundedCents: 900, unallocatedCents: 100 },
  billing: {
    paidCents: 1_000,
    fundedCents: 900,
    unallocatedCents: 100,
    feeCents: 63,
    netCents: 837,
    creatorObligationsCents: 40,
    creatorReceivablesCents: 5,
  },
  earnings: { fundedCents: 900, grossCents: 900, feeCents: 63, netCents: 837 },
  payouts: { netCents: 837, creatorObligationsCents: 40, creatorReceivablesCents: 5 },
} as const;

type Service = keyof typeof sums;

const books = (Object.keys(sums) as Service[]).map(
  (service): KnownBooks => ({ service, latestVersion: 2, equations: [], sums: sums[service], takenIn: {} }),
);

/** The books with one service's changed. */
function booksWith(service: Service, change: Partial<KnownBooks>): KnownBooks[] {
  return books.map((known) => (known.service === service ? { ...known, ...change } : known));
}

describe('B5: the verdict on a run', () => {
  test('a month in order is reconciled, every comparison of services among its equations', () => {
    const verdict = verdictOf(steps, books);
    expect(verdict).toMatchObject({ state: 'reconciled', unexplainedCents: 0, waitingFor: [] });
    expect(verdict.equations).toHaveLength(10);
  });

  const all = (Object.entries(sums) as [Service, Record<string, number>][]).flatMap(([service, of]) =>
    Object.keys(of).map((name) => [service, name] as const),
  );
  test.each(all)('a cent more in %s, %s, is unexplained, and told by name', (service, name) => {
    const known = sums[service] as Readonly<Record<string, number>>;
    const verdict = verdictOf(steps, booksWith(service, { sums: { ...known, [name]: (known[name] ?? 0) + 1 } }));
    expect(verdict.state).toBe('unexplained');
    expect(verdict.unexplainedCents).toBe(verdict.differences.length);
    for (const { name: equation } of verdict.differences) expect(equation).toContain(`${service} ${name}`);
  });

  test.each<[Service, string, Service, string]>([
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
  ])('%s says %s as %s says %s', (left, leftSum, right, rightSum) => {
    const names = verdictOf(steps, books).equations.map(({ name }) => name);
    expect(names).toContain(`${left} ${leftSum} = ${right} ${rightSum}`);
  });

  test('differences of a service are unexplained whatever their sign, and never make up for each other', () => {
    const equations = [equationOf('a cent too many', 1, 0), equationOf('a cent too few', 0, 1)];
    expect(verdictOf(steps, booksWith('earnings', { equations }))).toMatchObject({
      state: 'unexplained',
      unexplainedCents: 2,
      differences: [{ name: 'earnings: a cent too many' }, { name: 'earnings: a cent too few' }],
    });
  });

  test('books that were checked before the last step do not count', () => {
    expect(verdictOf(steps, booksWith('payouts', { latestVersion: 1 }))).toMatchObject({
      state: 'running',
      unexplainedCents: null,
      waitingFor: expect.arrayContaining(['payouts: books not yet checked since payouts']),
    });
  });

  test('a step that says it is done and lacks one of what was expected keeps the month running', () => {
    const short = steps.map((step) => (step.step === 'credits' ? { ...step, done: 2 } : step));
    expect(verdictOf(short, books)).toMatchObject({ state: 'running', waitingFor: ['credits: 2 of 3 done'] });
  });

  const takenIn = { 'earnings.calculated': 3, 'payout.settled': 2, 'balance.adjusted': 1 };
  const owed = (service: Service, change: Readonly<Record<string, number>>) => {
    const known = booksWith(service, { takenIn, sums: { ...sums[service], creatorObligationsCents: 39 } });
    const other = service === 'billing' ? 'payouts' : 'billing';
    return known.map((each) => (each.service === other ? { ...each, takenIn: { ...takenIn, ...change } } : each));
  };

  test.each(Object.keys(takenIn).flatMap((topic) => [['billing', topic] as const, ['payouts', topic] as const]))(
    'balances of which those of %s lack a message of %s are not compared: it is under way',
    (service, topic) => {
      const verdict = verdictOf(steps, owed(service, { [topic]: 9 }));
      expect(verdict).toMatchObject({ state: 'running', unexplainedCents: null });
      expect(verdict.waitingFor).toEqual([expect.stringContaining(topic)]);
    },
  );

  test.each<[Service]>([['billing'], ['payouts']])(
    'balances that differ although both have taken in the same are unexplained (%s)',
    (service) => {
      expect(verdictOf(steps, owed(service, {}))).toMatchObject({ state: 'unexplained', unexplainedCents: 1 });
    },
  );

  test.each<[Service]>([['billing'], ['payouts']])(
    'balances of an older %s, which does not count, are compared',
    (older) => {
      expect(verdictOf(steps, booksWith(older, { takenIn: {} }))).toMatchObject({ state: 'reconciled' });
      const known = owed(older, {}).map((each) => (each.service === older ? { ...each, takenIn: {} } : each));
      expect(verdictOf(steps, known)).toMatchObject({ state: 'unexplained', unexplainedCents: 1 });
    },
  );

  test('a sum that a service has not stated yet keeps the month running', () => {
    const { netCents: _, ...others } = sums.payouts;
    expect(verdictOf(steps, booksWith('payouts', { sums: others }))).toMatchObject({
      state: 'running',
      waitingFor: ['earnings netCents = payouts netCents: not yet stated'],
    });
  });
});
