// An operator has a month's payouts started or gone on with: what is missing is said, and what waits is taken up now.
import { MonthPayoutsSchema, MonthSchema, month as monthFrom } from '@wewrite/contracts';
import { afterCommit, identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { z } from 'zod';
import { type Context, loopNames, wakeTransferLoops } from '../context.ts';
import type { PayoutMonthTable, Schema } from '../db.ts';
import { waitsForEarlierMonth } from '../month-to-judge.ts';
import { queueForgotten } from '../sweep-payouts.ts';

/** `POST /v1/months/{month}/payouts`: safe to repeat, since it changes only when things happen. */
export function resumePayouts(server: Server, context: Context): void {
  server.post(
    '/v1/months/:month/payouts',
    {
      schema: {
        summary: "Start a month's payouts, or resume them",
        params: z.object({ month: MonthSchema }),
        response: { 200: MonthPayoutsSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const { month } = request.params;
      return context.database.transaction(async (tx) => {
        const row = await tx.selectFrom('payout_month').selectAll().where('month', '=', month).executeTakeFirst();
        if (row === undefined) throw new Refusal('not_found', `${month} has no payouts: it is not closed.`);
        const queued = await queueForgotten(context, tx, month);
        const hastened = await hasten(context, tx, row);
        const { userId } = identityOf(request);
        context.log.info({ month, queued, hastened, userId }, 'an operator has a month of payouts gone on with');
        afterCommit(tx, () => {
          context.wake(loopNames.judge);
          wakeTransferLoops(context);
        });
        const { payouts_requested: payoutsRequested, payouts_settled: payoutsSettled } = row;
        const missing = await missingOf(tx, row);
        const waitingFor = [...missing, ...(await stopped(tx, row))];
        const state = stateOf(row, missing.length > 0);
        return { month, state, waitingFor, payoutsRequested, payoutsSettled };
      });
    },
  );
}

/** Ends backoffs. The pause between two look-ups stays: it is what makes the second one count (D3). */
async function hasten(
  { time }: Context,
  tx: Transaction<Schema>,
  { run_id: runId }: PayoutMonthTable,
): Promise<number> {
  const now = time.now();
  const { numAffectedRows } = await sql`
    update transfer_job set due_at = ${now}
    where payout_id in (
      select payout_id from transfer_job join payout on payout.id = payout_id
      where run_id = ${runId} and state in ('send', 'follow') and due_at > ${now}
      order by payout_id for update of transfer_job skip locked
    )`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}

/** What the month lacks before its writers can be judged. */
async function missingOf(tx: Transaction<Schema>, row: PayoutMonthTable) {
  const isHeldUp = row.state === 'collecting' && (await waitsForEarlierMonth(tx, monthFrom(row.month)));
  return [
    ...(row.credits_complete ? [] : (['earnings'] as const)),
    ...(row.escrow_funded ? [] : (['escrow'] as const)),
    ...(isHeldUp ? (['earlier_month'] as const) : []),
  ];
}

/** What only a person can let go on. */
async function stopped(tx: Transaction<Schema>, { run_id: runId }: PayoutMonthTable) {
  const { rows } = await sql<{ waitsFor: 'operator' | 'release' }>`
    select distinct case state when 'held' then 'release' else 'operator' end as "waitsFor"
    from transfer_job join payout on payout.id = payout_id
    where run_id = ${runId} and state in ('held', 'operator') order by 1`.execute(tx);
  return rows.map(({ waitsFor }) => waitsFor);
}

function stateOf(row: PayoutMonthTable, isWaiting: boolean): 'waiting' | 'judging' | 'sending' | 'settled' {
  if (row.state === 'requested') return row.payouts_settled === row.payouts_requested ? 'settled' : 'sending';
  return isWaiting ? 'waiting' : 'judging';
}
