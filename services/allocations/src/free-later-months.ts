import { type Month, monthReconciled, monthStalled } from '@wewrite/contracts';
import { afterCommit, type Hearing, hears } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type { Context, Schema } from './db.ts';
import { lockLoops } from './lock-month.ts';

/**
 * A month whose close was late holds up those after it (A8) until its close is over in all services, or what is left of it
 * waits for somebody.
 */
export function freeLaterMonths(context: Context): readonly Hearing<Schema>[] {
  const lockNext = (tx: Transaction<Schema>) => afterCommit(tx, () => context.wake(lockLoops.close));
  const monthsOf = (messages: readonly { readonly body: { readonly month: Month } }[]) =>
    messages.map(({ body }) => body.month);
  return [
    hears<Schema, typeof monthReconciled>(monthReconciled, async (tx, messages) => {
      await sql`update month_close set reconciled = true where month = any(${monthsOf(messages)})`.execute(tx);
      lockNext(tx);
    }),
    hears<Schema, typeof monthStalled>(monthStalled, async (tx, messages) => {
      await sql`update month_close set stalled = true where month = any(${monthsOf(messages)})`.execute(tx);
      lockNext(tx);
    }),
  ];
}
