import type { Mutant } from './mutant.ts';
import type { SimulationVerdict } from './try-by-simulation.ts';
import type { Verdict } from './try-mutant.ts';

/** A mutant and what has been said to it: by the tests that should notice, or by the simulation alone. */
export type TriedMutant = { readonly mutant: Mutant } & (
  | { readonly verdict: Verdict }
  | { readonly bySimulation: SimulationVerdict }
);

/**
 * `docs/mutants.md`: each mutant of the catalogue with the test that has caught it. What was not tried now stays as it is in
 * the page before. Holds nothing of the machine or the day.
 */
export function describeMutants(
  catalogue: readonly Mutant[],
  tried: readonly TriedMutant[],
  pageBefore: string,
): string {
  const before = rowsOf(pageBefore);
  const triedByName = new Map(tried.map((each) => [each.mutant.name, each]));
  const rows = catalogue.map((mutant) => rowOf(mutant, triedByName.get(mutant.name), before.get(mutant.name)));
  return `# Mutants: the tests can fail

Each row is a small wrong change of the product that was made in a copy of the tree, and the first test that noticed.
\`npm run mutants\` tries all of them and writes this page; \`npm run mutants -- --only NAME\` tries one and writes its row.
A mutant is data in \`tools/mutants\`; \`tools/mutants.test.ts\` fails when the text that one replaces is gone.

The last column is what the simulation said when no other test was asked: \`npm run mutants -- --by simulation --only NAME\`
plays up to ${mostSeeds} seeds until one fails, which takes minutes where none does. It is empty where that was not tried.

| ${columns.join(' | ')} |
|${' --- |'.repeat(columns.length)}
${rows.join('\n')}
`;
}

/** How many seeds a mutant is given to be noticed. */
export const mostSeeds = 30;

const columns = ['mutant', 'what is wrong', 'rule', 'file', 'caught by', 'by the simulation alone'] as const;
const notTried = '**not tried**';

/** What a row says already. */
interface RowBefore {
  readonly caughtBy: string;
  readonly bySimulation: string;
}

/** The rows of a page by the mutant's name, in order. */
export function rowsOf(page: string): ReadonlyMap<string, RowBefore> {
  const rows = page.split('\n').flatMap((line) => {
    const [, name, , , , caughtBy, bySimulation] = line.split(/(?:^| )(?<!\\)\|(?: |$)/);
    const named = /^`([a-z0-9-]+)`$/.exec(name ?? '')?.[1];
    return named === undefined
      ? []
      : [[named, { caughtBy: caughtBy ?? '', bySimulation: bySimulation ?? '' }] as const];
  });
  return new Map(rows);
}

function rowOf({ name, wrong, rule, file }: Mutant, tried: TriedMutant | undefined, before: RowBefore | undefined) {
  const caughtBy =
    tried !== undefined && 'verdict' in tried ? cell(noticedBy(tried.verdict)) : (before?.caughtBy ?? notTried);
  const bySimulation =
    tried !== undefined && 'bySimulation' in tried ? cell(seenBy(tried.bySimulation)) : (before?.bySimulation ?? '');
  return `| ${[`\`${name}\``, cell(wrong), cell(rule), `\`${file}\``, caughtBy, bySimulation].join(' | ')} |`;
}

function noticedBy(verdict: Verdict): string {
  return verdict.kind === 'caught' ? `${verdict.testFile}: ${verdict.test}` : `**${verdict.kind}**`;
}

function seenBy(verdict: SimulationVerdict): string {
  switch (verdict.kind) {
    case 'caught':
      return `seed ${verdict.seed}: ${verdict.sentence}`;
    case 'survived':
      return `not by ${verdict.seeds} seeds`;
    case 'untried':
      return '';
  }
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ').trim();
}
