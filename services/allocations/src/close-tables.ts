import type { RunKind } from '@wewrite/contracts';
import { sql } from 'kysely';

/** Where closes of a kind and their chunks are kept: rehearsals apart, so that no plan or budget meets them. */
export function closeTables(kind: RunKind) {
  return kind === 'close'
    ? { close: sql.table('month_close'), chunk: sql.table('close_chunk') }
    : { close: sql.table('rehearsal'), chunk: sql.table('rehearsal_chunk') };
}
