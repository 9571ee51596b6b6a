import type { FaultChoice } from './faults.ts';
import type { Plot } from './population/plot.ts';

/** What a run is made of. */
export interface Making {
  readonly plot: Plot;
  readonly faults: FaultChoice;
}

/** Whether a run that is made so still fails in the way that is looked for. */
export type StillFails = (making: Making) => Promise<boolean>;

/**
 * Leaves out all that the failure can do without: faults first, since a story without them is the shortest; then months from
 * the end, people, acts in ever smaller groups, and single faults. `mostRuns` bounds how long that takes.
 */
export async function shrink(failing: Making, stillFails: StillFails, mostRuns: number): Promise<Making> {
  let smallest = failing;
  let runs = 0;
  const attempt = async (making: Making) => {
    if (runs >= mostRuns) return false;
    runs += 1;
    if (!(await stillFails(making))) return false;
    smallest = making;
    return true;
  };
  await attempt({ ...smallest, faults: { kinds: [], most: 0 } });
  while (smallest.plot.months.length > 1 && (await attempt(withoutLastMonth(smallest))));
  for (const userId of peopleOf(smallest.plot)) await attempt(withoutPerson(smallest, userId));
  for (let size = Math.ceil(namesOf(smallest.plot).length / 2); size >= 1; size = Math.floor(size / 2)) {
    await leaveOutGroups(() => smallest, size, attempt);
  }
  for (const kind of smallest.faults.kinds) {
    const kinds = smallest.faults.kinds.filter((other) => other !== kind);
    await attempt({ ...smallest, faults: { ...smallest.faults, kinds } });
  }
  return smallest;
}

async function leaveOutGroups(
  current: () => Making,
  size: number,
  attempt: (making: Making) => Promise<boolean>,
): Promise<void> {
  for (let start = 0; ; ) {
    const names = namesOf(current().plot);
    const group = new Set(names.slice(start, start + size));
    if (group.size === 0) return;
    if (!(await attempt(withoutActs(current(), (name) => group.has(name))))) start += size;
  }
}

/** Every act, rehearsal and change meanwhile, by name. */
function namesOf({ acts, closes, rehearsals }: Plot): string[] {
  const meanwhile = closes.flatMap((close) => close.meanwhile);
  return [...[...acts, ...meanwhile].map(({ name }) => name), ...rehearsals.map(rehearsalName)];
}

function rehearsalName({ month }: Plot['rehearsals'][number]): string {
  return `rehearsal of ${month}`;
}

function withoutActs({ plot, faults }: Making, isLeftOut: (name: string) => boolean): Making {
  return {
    faults,
    plot: {
      ...plot,
      acts: plot.acts.filter(({ name }) => !isLeftOut(name)),
      closes: plot.closes.map((close) => ({
        ...close,
        meanwhile: close.meanwhile.filter(({ name }) => !isLeftOut(name)),
      })),
      rehearsals: plot.rehearsals.filter((rehearsal) => !isLeftOut(rehearsalName(rehearsal))),
    },
  };
}

function peopleOf({ town }: Plot): string[] {
  return [...new Set([...town.supporters, ...town.writers].map(({ userId }) => userId))];
}

/** Whoever is left out does nothing, and has written nothing. */
function withoutPerson(making: Making, userId: string): Making {
  const { plot } = making;
  const theirs = new Set(
    [...plot.acts, ...plot.closes.flatMap(({ meanwhile }) => meanwhile)]
      .filter(({ who }) => who === userId)
      .map(({ name }) => name),
  );
  const { supporters, writers } = plot.town;
  const town = {
    supporters: supporters.filter((supporter) => supporter.userId !== userId),
    writers: writers.filter((writer) => writer.userId !== userId),
  };
  const left = withoutActs(making, (name) => theirs.has(name));
  return { ...left, plot: { ...left.plot, town } };
}

function withoutLastMonth({ plot, faults }: Making): Making {
  const [first, ...others] = plot.months.slice(0, -1);
  if (first === undefined) return { plot, faults };
  const closes = plot.closes.filter(({ month }) => month === first || others.includes(month));
  const lastInstant = closes.at(-1)?.at ?? '';
  return {
    faults,
    plot: {
      ...plot,
      months: [first, ...others],
      closes,
      acts: plot.acts.filter(({ at }) => at <= lastInstant),
      rehearsals: plot.rehearsals.filter(({ at }) => at <= lastInstant),
    },
  };
}
