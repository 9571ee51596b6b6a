import type { Month } from '@wewrite/contracts';
import { Refusal } from '@wewrite/service-kit';
import type { Context } from './db.ts';

/** The close of a month whose earnings are calculated. */
export interface CalculatedRun {
  readonly runId: string;
  readonly feeBasisPoints: number;
}

/** Finds it, or throws a Refusal `not_found`: before, its amounts are not known (C2). */
export async function findCalculatedRun({ database }: Context, month: Month): Promise<CalculatedRun> {
  const run = await database.kysely
    .selectFrom('run')
    .select(['run_id as runId', 'fee_basis_points as feeBasisPoints'])
    .where('month', '=', month)
    .where('kind', '=', 'close')
    .where('state', '=', 'calculated')
    .executeTakeFirst();
  if (run === undefined) throw new Refusal('not_found', `The earnings of ${month} are not calculated yet.`);
  return run;
}
