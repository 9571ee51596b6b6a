import type { ServiceName } from '@wewrite/contracts';
import { sql } from 'kysely';
import type { Census } from './census.ts';
import type { World } from './world.ts';

/** Where states are kept: those that a run ends with are counted. */
const stateColumns: readonly (readonly [service: ServiceName, table: string, column: string])[] = [
  ['allocations', 'schedule', 'state'],
  ['allocations', 'writer_state', 'state'],
  ['billing', 'subscription', 'state'],
  ['billing', 'invoice', 'outcome'],
  ['billing', 'escrow_move', 'state'],
  ['billing', 'refund_order', 'state'],
  ['earnings', 'hold_state', 'state'],
  ['payouts', 'payout', 'status'],
  ['payouts', 'payout_attempt', 'outcome'],
  ['payouts', 'judgement', 'reason'],
  ['earnings', 'reversal', 'kind'],
];

/** Counts what everything is in at the end of a run. */
export async function countStates(world: World, census: Census): Promise<void> {
  for (const [service, table, column] of stateColumns) {
    const { rows } = await sql<{ state: string | null; times: number }>`
      select ${sql.ref(column)} as state, count(*)::int as times from ${sql.table(table)}
      where ${sql.ref(column)} is not null group by 1`.execute(world.database(service).kysely);
    for (const { state, times } of rows) census.count('state', `${table} ${state}`, times);
  }
}
