import { monthReconciled } from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type { Context, Schema } from './db.ts';
import { loadRun } from './load-run.ts';
import { rehearsalVerdictOf } from './rehearsal-verdict.ts';
import { verdictOf } from './verdict.ts';

/** Judges a run from what is known now, and says aloud when it is over. A reconciled run stays reconciled. */
export async function judgeRun(context: Context, tx: Transaction<Schema>, runId: string): Promise<void> {
  const run = await tx.selectFrom('month_run').selectAll().where('run_id', '=', runId).forUpdate().executeTakeFirst();
  if (run === undefined || run.state === 'reconciled') return;
  const { steps, books } = await loadRun(tx, runId);
  const isRehearsal = run.kind === 'rehearsal';
  const verdict = isRehearsal ? rehearsalVerdictOf(steps) : verdictOf(steps, books);
  if (verdict.state === run.state) return;
  await sql`
    update month_run set state = ${verdict.state}, unexplained_cents = ${verdict.unexplainedCents},
      equations = ${JSON.stringify(verdict.equations)}, changed_at = ${context.time.now()}
    where run_id = ${runId}`.execute(tx);
  if (verdict.state === 'reconciled')
    context.log.info(
      { month: run.month, runId },
      `${isRehearsal ? 'rehearsal of' : 'month'} ${run.month}: 0 ¢ unexplained`,
    );
  if (verdict.state === 'reconciled' && !isRehearsal) await sayReconciled(context, tx, { runId, month: run.month });
  if (verdict.state === 'unexplained') {
    context.log.error(
      { month: run.month, runId, differences: verdict.differences },
      isRehearsal ? 'a rehearsal found differences' : 'a month is not explained',
    );
  }
}

async function sayReconciled(
  { outbox, clock }: Context,
  tx: Transaction<Schema>,
  { runId, month }: { runId: string; month: string },
): Promise<void> {
  const body = monthReconciled.schema.parse({
    run: { runId, kind: 'close', month },
    month,
    at: clock.now().toISOString(),
  });
  await outbox.emit(tx, monthReconciled, [{ key: month, id: idOfCause('month.reconciled', runId), body }]);
}
