import type { Kysely } from 'kysely';
import type { BooksTable, Schema, StepProgressTable } from './db.ts';
import type { KnownBooks, KnownStep } from './verdict.ts';

export type LoadedStep = KnownStep & Pick<StepProgressTable, 'sums' | 'started_at' | 'changed_at'>;

/** The steps of a run, and each service's newest book check of it. */
export async function loadRun(
  kysely: Kysely<Schema>,
  runId: string,
): Promise<{ steps: LoadedStep[]; books: KnownBooks[] }> {
  const steps = await kysely.selectFrom('step_progress').selectAll().where('run_id', '=', runId).execute();
  const books = await kysely.selectFrom('books').selectAll().execute();
  const latest = new Map<string, BooksTable>();
  for (const check of books) {
    if (check.version > (latest.get(check.service)?.version ?? 0)) latest.set(check.service, check);
  }
  const ofRun = books.filter((check) => check.run_key === runId);
  return {
    steps: steps.map((step) => ({ ...step, booksVersion: step.books_version })),
    books: [...latest.values()].map((newest) => ({
      service: newest.service,
      latestVersion: newest.version,
      equations: newest.equations,
      takenIn: newest.taken_in,
      // A newer check knows the balances of now; only the run's own check states the run's sums.
      sums: { ...ofRun.find((check) => check.service === newest.service)?.sums, ...balancesOf(newest.sums) },
    })),
  };
}

const balances = ['creatorObligationsCents', 'creatorReceivablesCents'];

function balancesOf(sums: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(sums).filter(([name]) => balances.includes(name)));
}
