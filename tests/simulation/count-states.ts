import { serviceNames } from '@wewrite/contracts';
import { sql } from 'kysely';
import type { Census } from './census.ts';
import type { World } from './world.ts';

/** Counts each state that a row has come into, the ones included that it soon left: `billing.invoice.outcome funded`. */
export async function countStates(world: World, census: Census): Promise<void> {
  for (const service of serviceNames) {
    const { rows } = await sql<{ name: string; times: number }>`
      select name, count(*) as times from state_seen group by name`.execute(world.database(service).kysely);
    for (const { name, times } of rows) census.count('state', name, times);
  }
}
