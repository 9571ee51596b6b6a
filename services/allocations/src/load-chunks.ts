import type { Database } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Schema } from './db.ts';

/** The frozen bytes of chunks by `<runId>:<chunk>`, for the relay. */
export async function loadChunks(
  database: Database<Schema>,
  blobIds: readonly string[],
): Promise<ReadonlyMap<string, Buffer>> {
  const { rows } = await sql<{ blob_id: string; payload: Buffer }>`
    select blob_id, payload
    from unnest(${blobIds}::text[]) as wanted (blob_id)
    join (select * from close_chunk union all select * from rehearsal_chunk) as chunks on run_id = split_part(blob_id, ':', 1)::uuid and chunk = split_part(blob_id, ':', 2)::integer`.execute(
    database.kysely,
  );
  return new Map(rows.map((row) => [row.blob_id, row.payload]));
}
