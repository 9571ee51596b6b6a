import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@wewrite/service-kit';
import { sql } from 'kysely';

const patienceMs = 20_000;

/**
 * Waits until as many sessions of the database's own role wait for a lock: so the steps of a race are put in order, and
 * it happens each time. Throws with what was waited for when it does not come to that.
 */
export async function untilBlocked<Schema>(
  database: Pick<Database<Schema>, 'kysely'>,
  sessions: number,
  what: string,
): Promise<void> {
  const deadline = AbortSignal.timeout(patienceMs);
  for (;;) {
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(database.kysely);
    if ((rows[0]?.count ?? 0) >= sessions) return;
    if (deadline.aborted) throw new Error(`waited in vain: ${what}`);
    await delay(10);
  }
}
