import type { Month } from '@wewrite/contracts';
import { type Kysely, sql } from 'kysely';
import type { Schema } from './db.ts';

/** True for a month of the platform's life: no later than the running one, no earlier than the first budget. */
export async function isKnownMonth(
  database: Kysely<Schema>,
  { month, running }: { month: Month; running: Month },
): Promise<boolean> {
  if (month >= running) return month === running;
  const { rows } = await sql<{ known: boolean }>`
    select exists (select from budget where month <= ${month}) as known`.execute(database);
  return rows[0]?.known === true;
}
