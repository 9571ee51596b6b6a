import type { Month, RunKind } from '@wewrite/contracts';
import type { Kysely } from 'kysely';
import type { MonthRunTable, Schema } from './db.ts';

/** The close of a month, or its latest rehearsal. */
export function findRun(
  kysely: Kysely<Schema>,
  { month, kind }: { month: Month; kind: RunKind },
): Promise<MonthRunTable | undefined> {
  return kysely
    .selectFrom('month_run')
    .selectAll()
    .where('month', '=', month)
    .where('kind', '=', kind)
    .orderBy('run_id', 'desc')
    .limit(1)
    .executeTakeFirst();
}
