import type { Run } from '@wewrite/contracts';
import { lockRehearsals } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type { Schema } from './db.ts';

/**
 * The latest rehearsal of each month is kept, to be compared with the close: it takes the place of those before it.
 * False when there is a later one. Always true for a close.
 */
export async function replaceRehearsals(tx: Transaction<Schema>, { kind, month, runId }: Run): Promise<boolean> {
  if (kind === 'close') return true;
  await lockRehearsals(tx);
  const ofMonth = sql`kind = 'rehearsal' and month = ${month}`;
  const { rows } = await sql<{ replaced: boolean }>`
    select exists (select from month_run where ${ofMonth} and run_id > ${runId})
      or exists (select from writer_net where ${ofMonth} and run_id > ${runId}) as replaced`.execute(tx);
  if (rows[0]?.replaced === true) return false;
  const earlier = sql`${ofMonth} and run_id < ${runId}`;
  await sql`delete from writer_net where ${earlier}`.execute(tx);
  await sql`delete from step_progress where run_id in (select run_id from month_run where ${earlier})`.execute(tx);
  await sql`delete from month_run where ${earlier}`.execute(tx);
  return true;
}
