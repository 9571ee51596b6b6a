import { type Month, monthOf, type UserId } from '@wewrite/contracts';
import { afterCommit, type Loop } from '@wewrite/service-kit';
import { type Kysely, sql } from 'kysely';
import { lockPlan } from './change-plan.ts';
import type { Context, Schema } from './db.ts';
import { turnPlan } from './turn-plan.ts';

const usersAStep = 50;

/** Turns the plans of a month that has begun, whether or not their supporters are there (A9). */
export function turnPlansLoop(context: Context): Loop {
  const { database, clock } = context;
  return {
    name: 'turn_plans',
    pollMs: 1_000,
    due: async () => ((await isTurnDue(database.kysely, monthOf(clock.now()))) ? 1 : 0),
    step: async () => {
      const month = monthOf(clock.now());
      // Of one month, in the order of an index: a step reads no more than it turns, however many are due.
      const { rows } = await sql<{ user_id: UserId }>`
        select distinct user_id from schedule
        where due_month = (select min(due_month) from schedule where due_month <= ${month})
        order by user_id limit ${usersAStep}`.execute(database.kysely);
      for (const { user_id: userId } of rows) await turnPlanNow(context, { userId, month });
      return rows.length > 0;
    },
  };
}

/** Turns one plan in a transaction of its own. Of two who do, the second finds nothing due. */
export async function turnPlanNow(context: Context, of: { userId: UserId; month: Month }): Promise<void> {
  await context.database.transaction(async (tx) => {
    await lockPlan(tx, of.userId);
    await turnPlan(tx, context, of);
    // A close may be waiting for the last of them.
    afterCommit(tx, () => context.wake('lock_month'));
  });
}

/** True while a plan has still to be turned for a month up to this one: the month's lines are not yet what they will be. */
export async function isTurnDue(database: Kysely<Schema>, month: Month): Promise<boolean> {
  const { rows } = await sql<{ due: boolean }>`
    select exists (select from schedule where due_month <= ${month}) as due`.execute(database);
  return rows[0]?.due === true;
}
