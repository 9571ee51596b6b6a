import { monthReconciled } from '@wewrite/contracts';
import { afterCommit, type Hearing, hears } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context, Schema } from './db.ts';
import { lockLoops } from './lock-month.ts';

/** Keeps which closes are over in all services: a month whose close was late holds up those after it until then (A8). */
export function applyReconciled(context: Context): Hearing<Schema> {
  return hears<Schema, typeof monthReconciled>(monthReconciled, async (tx, messages) => {
    const months = messages.map(({ body }) => body.month);
    await sql`update month_close set reconciled = true where month = any(${months})`.execute(tx);
    afterCommit(tx, () => context.wake(lockLoops.close));
  });
}
