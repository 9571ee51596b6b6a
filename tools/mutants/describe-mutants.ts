import type { Mutant } from './mutant.ts';
import type { Verdict } from './try-mutant.ts';

/** A mutant and what the tests have said to it. */
export interface TriedMutant {
  readonly mutant: Mutant;
  readonly verdict: Verdict;
}

/**
 * `docs/mutants.md`: each mutant of the catalogue with the test that has caught it. Rows of mutants that were not tried
 * now stay as they are in the page before. Holds nothing of the machine or the day.
 */
export function describeMutants(
  catalogue: readonly Mutant[],
  tried: readonly TriedMutant[],
  pageBefore: string,
): string {
  const verdicts = new Map(tried.map(({ mutant, verdict }) => [mutant.name, verdict]));
  const rows = catalogue.map((mutant) => {
    const verdict = verdicts.get(mutant.name);
    const before = pageBefore.split('\n').find((line) => line.startsWith(`| \`${mutant.name}\` |`));
    return verdict === undefined && before !== undefined ? before : rowOf(mutant, verdict);
  });
  return `# Mutants: the tests can fail

Each row is a small wrong change of the product that was made in a copy of the tree, and the first test that noticed.
\`npm run mutants\` tries all of them and writes this page; \`npm run mutants -- --only NAME\` tries one and writes its row.
A mutant is data in \`tools/mutants\`; \`tools/mutants.test.ts\` fails when the text that one replaces is gone.

| mutant | what is wrong | rule | file | caught by |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function rowOf({ name, wrong, rule, file }: Mutant, verdict: Verdict | undefined): string {
  return `| ${[`\`${name}\``, wrong, rule, `\`${file}\``, noticedBy(verdict)].map(cell).join(' | ')} |`;
}

function noticedBy(verdict: Verdict | undefined): string {
  if (verdict === undefined) return '**not tried**';
  return verdict.kind === 'caught' ? `${verdict.testFile}: ${verdict.test}` : `**${verdict.kind}**`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ');
}
