import { type Cents, ForecastSchema, type Month, monthOf, zeroCents } from '@wewrite/contracts';
import { identityOf, problemResponses, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context } from '../db.ts';
import { readWriterMonths } from '../writer-month.ts';
import {
  forecastMonths,
  lapseOf,
  type OpenSchedule,
  type ScheduledWish,
  type SeenMonth,
  stabilityOf,
} from './forecast.ts';

const monthsForStability = 12;
/** Three steps from one month to the next. */
const monthsForLapse = 4;

/** `GET /v1/earnings/forecast`: what the next three months may bring a writer, and how steady the last ones were (C5). */
export function forecastEarnings(server: Server, context: Context): void {
  server.get(
    '/v1/earnings/forecast',
    {
      schema: {
        summary: 'What the writer may expect of the next months',
        response: { 200: ForecastSchema, ...problemResponses },
      },
      config: { access: ['writer'] },
    },
    async (request) => {
      const recipientUserId = identityOf(request).userId;
      const lapse = lapseOf(await readLapses(context, recipientUserId));
      const months = await readWriterMonths(context, { recipientUserId });
      return {
        currency: 'usd' as const,
        months: forecastMonths(monthOf(context.clock.now()), {
          standingCents: await readStanding(context, recipientUserId),
          wishes: await readScheduled(context, recipientUserId),
          lapse,
          feeBasisPoints: context.config.PLATFORM_FEE_BPS,
        }),
        lapse,
        stability: stabilityOf(months.slice(0, monthsForStability).map((month) => month.netCents)),
      };
    },
  );
}

async function readStanding({ database }: Context, recipientUserId: string): Promise<Cents> {
  const { rows } = await sql<{ usdCents: Cents }>`
    select coalesce(sum(usd_cents), 0)::bigint as "usdCents"
    from standing where recipient_user_id = ${recipientUserId} and usd_cents > 0 and not is_paused`.execute(
    database.kysely,
  );
  return rows[0]?.usdCents ?? zeroCents;
}

/** The wishes that schedules will change, each with what stands of it now. */
async function readScheduled({ database }: Context, recipientUserId: string): Promise<readonly ScheduledWish[]> {
  const { rows } = await sql<{ standingCents: Cents; schedules: readonly OpenSchedule[] }>`
    select coalesce(max(standing.usd_cents), 0)::bigint as "standingCents",
      json_agg(json_build_object('kind', kind, 'usdCents', schedule.usd_cents, 'fromMonth', from_month,
        'throughMonth', through_month, 'state', state)) as schedules
    from schedule left join standing using (user_id, resource_type, resource_id, recipient_user_id)
    where schedule.recipient_user_id = ${recipientUserId} and state in ('planned', 'begun')
      and is_paused is not true
    group by user_id, resource_type, resource_id`.execute(database.kysely);
  return rows;
}

/** For each of the last months but the newest: whom of its supporters the next month still had. */
async function readLapses({ database }: Context, recipientUserId: string): Promise<readonly SeenMonth[]> {
  const { rows: runs } = await sql<{ runId: string; month: Month }>`
    select run_id as "runId", month from run where kind = 'close' and state = 'calculated'
    order by month desc limit ${monthsForLapse}`.execute(database.kysely);
  const { rows } = await sql<SeenMonth>`
    with funded as (
      select distinct to_date(run.month, 'YYYY-MM') as month, user_id
      from line join run using (run_id)
      where run_id = any(${runs.map((run) => run.runId)}::uuid[]) and recipient_user_id = ${recipientUserId}
        and funded_cents > 0
    )
    select count(*) as "supporterCount",
      count(*) filter (where not exists (
        select from funded as later
        where later.user_id = funded.user_id and later.month = funded.month + interval '1 month'
      )) as "lapsedCount"
    from funded
    where to_char(funded.month + interval '1 month', 'YYYY-MM') = any(${runs.map((run) => run.month)}::text[])
    group by funded.month order by funded.month`.execute(database.kysely);
  return rows;
}
