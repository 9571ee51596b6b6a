import type { Database } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Schema } from './db.ts';
import { type Line, lineColumns } from './line.ts';

type Executor = Database<Schema>['kysely'];

/** A supporter's lines of a run, in order of line id. They lie together in one chunk: no other is read. */
export async function linesOfSupporter(
  executor: Executor,
  { runId, userId }: { readonly runId: string; readonly userId: string },
): Promise<readonly Line[]> {
  const { rows } = await sql<Line>`
    select ${lineColumns} from line_state
    where run_id = ${runId} and user_id = ${userId} and chunk = any (
      select chunk from chunk where run_id = ${runId} and first_user_id <= ${userId} and last_user_id >= ${userId}
    )
    order by chunk, position`.execute(executor);
  return rows;
}
