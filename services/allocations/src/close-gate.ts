import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Schema } from './db.ts';

const gate = sql`7117010, 1`;

/**
 * For the `with` of a change's first statement: the gate that a close shuts for a moment at or after the cutoff (A5).
 * A change that passed before has committed when the close begins; one that passes later sees the close and its cutoff.
 */
export const passCloseGate: RawBuilder<unknown> = sql`
  close_gate as materialized (select pg_advisory_xact_lock_shared(${gate}) as passed)`;

/** Shuts the gate until the transaction ends, once the changes under way have committed. */
export async function shutCloseGate(tx: Transaction<Schema>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${gate})`.execute(tx);
}
