import {
  AllocationAnswerSchema,
  AllocationsSchema,
  cents,
  cutoffOf,
  type Funding,
  type Month,
  MonthSchema,
  monthOf,
  ResourcePathSchema,
  sumCents,
  type UserId,
} from '@wewrite/contracts';
import { assert, identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { entry } from './column.ts';
import type { Context, Schema } from './db.ts';
import { isKnownMonth } from './known-month.ts';
import { leaveOut } from './leave-out.ts';
import { laterMonths } from './month-close.ts';
import { type Plan, planOf, resourceKeyOf, totalsFrom } from './plan.ts';
import { type ActiveLine, activeLineAnswer, allocationAnswer, summaryAnswer } from './plan-answer.ts';
import { readLinesAtCutoff } from './read-lines.ts';
import { readLockedPlan } from './read-locked-plan.ts';
import { type StandingColumns, standingColumns, standingOf } from './read-standing.ts';
import { turnPlanNow } from './turn-plans.ts';
import { writersClosedAt } from './writer-state.ts';

/** A supporter reads the own plan, in the running month (A3, A5) or as it was in one that is over. */
export function readAllocations(server: Server, context: Context): void {
  server.get(
    '/v1/allocations',
    {
      schema: {
        summary: 'The plan of a month: its budget, what is allocated of it, and to what',
        querystring: z.strictObject({ month: MonthSchema.optional() }),
        response: { 200: AllocationsSchema, ...problemResponses },
      },
      config: { access: ['supporter'] },
    },
    async (request) => {
      const now = context.clock.now();
      const month = request.query.month ?? monthOf(now);
      return readMonth(context, { userId: identityOf(request).userId, month, now });
    },
  );
}

/** One standing allocation. */
export function readAllocation(server: Server, context: Context): void {
  server.get(
    '/v1/allocations/:resourceType/:resourceId',
    {
      schema: {
        summary: 'What the supporter gives a resource',
        params: ResourcePathSchema,
        response: { 200: AllocationAnswerSchema, ...problemResponses },
      },
      config: { access: ['supporter'] },
    },
    async (request) => {
      const now = context.clock.now();
      const of = { userId: identityOf(request).userId, month: monthOf(now), now };
      const { plan, funding } = await readStandingPlan(context, of);
      const standing = plan.allocations.get(resourceKeyOf(request.params));
      if (standing === undefined) throw new Refusal('not_found', 'You allocate nothing to this resource.');
      return allocationAnswer({ ...of, plan, funding, standing });
    },
  );
}

interface Reading {
  readonly userId: UserId;
  readonly month: Month;
  readonly now: Date;
}

async function readMonth(context: Context, of: Reading) {
  const database = context.database.kysely;
  const running = monthOf(of.now);
  if (of.month !== running) {
    if (!(await isKnownMonth(database, { month: of.month, running }))) {
      throw new Refusal('unknown_month', `There is no plan to read for ${of.month}.`, { field: 'month' });
    }
    const locked = await readLockedPlan(database, of);
    if (locked !== null) return locked;
  }
  const { plan, funding } = await readStandingPlan(context, of);
  const version = of.month === running ? (plan.version ?? 0) : null;
  const lines = of.month === running ? [...plan.allocations.values()] : await readAtCutoff(database, of);
  const totals = totalsFrom(plan.budgetCents, sumCents(lines.map((line) => line.usdCents)));
  return {
    summary: summaryAnswer({ ...of, funding, totals, version }),
    allocations: lines.map((line) => activeLineAnswer(of.userId, of.month, line)),
  };
}

interface PlanRow extends StandingColumns {
  readonly budget_cents: number;
  readonly funding: Funding;
  readonly version: number;
  readonly is_due: boolean;
}

/**
 * The plan as it stands and the month's budget, from one statement, so that they are of one moment. What is scheduled for
 * the turn of the month is done first, where nobody has done it yet (A9).
 */
export async function readStandingPlan(context: Context, of: Reading): Promise<{ plan: Plan; funding: Funding }> {
  const { rows } = await sql<PlanRow>`
    select coalesce(paid_cents + open_cents, 0) as budget_cents, coalesce(funding, 'none') as funding,
      coalesce((select version from plan where user_id = ${of.userId}), 0) as version, ${standingColumns(of.userId)},
      exists (select from schedule where user_id = ${of.userId} and due_month <= ${of.month}) as is_due
    from (select) as one left join budget on month = ${of.month} and user_id = ${of.userId}`.execute(
    context.database.kysely,
  );
  const [row] = rows;
  assert(row !== undefined, 'an outer join of one row has a row');
  if (row.is_due) {
    await turnPlanNow(context, of);
    return readStandingPlan(context, of);
  }
  return { plan: planOf(cents(row.budget_cents), standingOf(row), row.version), funding: row.funding };
}

/** What will be frozen of a month that is over and not yet locked. */
async function readAtCutoff(database: Kysely<Schema>, of: Reading): Promise<ActiveLine[]> {
  const cutoff = cutoffOf(of.month);
  const stood = await readLinesAtCutoff(database, {
    month: of.month,
    cutoff,
    laterMonths: laterMonths(of.month, of.now),
    range: { userId: of.userId },
  });
  const { lines } = leaveOut(stood, await writersClosedAt(database, cutoff, stood.recipientUserIds));
  return lines.resourceTypes.map((resourceType, line) => ({
    resource: { resourceType, resourceId: entry(lines.resourceIds, line) },
    recipientUserId: entry(lines.recipientUserIds, line),
    usdCents: entry(lines.usdCents, line),
    version: null,
    writerState: null,
  }));
}
