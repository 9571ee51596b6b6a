import { describe, expect, test } from '@jest/globals';
import { anyFaults, type FaultKind } from './faults.ts';
import { plotOf } from './population/plot.ts';
import { type Making, shrink } from './shrink.ts';

const failing: Making = { plot: plotOf(2), faults: anyFaults };
const patient = 1_000;

const namesIn = ({ plot }: Making) => [
  ...plot.acts.map(({ name }) => name),
  ...plot.closes.flatMap(({ meanwhile }) => meanwhile.map(({ name }) => name)),
];

describe('a failing run is shrunk', () => {
  test('to the acts and the fault that it needs, and the people who do them', async () => {
    const [first, second] = [failing.plot.acts.at(3)?.name ?? '', failing.plot.acts.at(-4)?.name ?? ''];
    const needs: FaultKind = 'stripe_silent';
    const stillFails = async (making: Making) =>
      namesIn(making).includes(first) && namesIn(making).includes(second) && making.faults.kinds.includes(needs);
    const smallest = await shrink(failing, stillFails, patient);
    expect(namesIn(smallest).sort()).toEqual([first, second].sort());
    expect(smallest.faults.kinds).toEqual([needs]);
    const busy = new Set(smallest.plot.acts.map(({ who }) => who));
    const { supporters, writers } = smallest.plot.town;
    for (const { userId } of [...supporters, ...writers]) expect(busy).toContain(userId);
  });

  test('to one month and no faults when it fails without', async () => {
    const smallest = await shrink(failing, async () => true, patient);
    expect(smallest.plot.months).toHaveLength(1);
    expect(smallest.plot.town).toEqual({ supporters: [], writers: [] });
    expect([namesIn(smallest), smallest.faults.kinds]).toEqual([[], []]);
  });

  test('within the number of runs that it is given', async () => {
    let runs = 0;
    const stillFails = async () => {
      runs += 1;
      return true;
    };
    await shrink(failing, stillFails, 5);
    expect(runs).toBe(5);
  });
});
