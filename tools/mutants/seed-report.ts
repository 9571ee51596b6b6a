/** What seeds have come to, up to the first that failed. */
export interface SeedReport {
  readonly failure: { readonly seed: number; readonly sentence: string } | null;
}

const mark = '#seeds ';

/** The line that {@link seedReportIn} finds. */
export function seedReportLine(report: SeedReport): string {
  return `${mark}${JSON.stringify(report)}\n`;
}

/** Finds the report in what a run of seeds has written; null when it has ended without one. */
export function seedReportIn(output: string): SeedReport | null {
  const line = output.split('\n').findLast((candidate) => candidate.startsWith(mark));
  if (line === undefined) return null;
  const report: SeedReport = JSON.parse(line.slice(mark.length));
  return report;
}
