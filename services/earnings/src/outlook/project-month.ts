import {
  basisPointsOf,
  type Cents,
  cents,
  monthOf,
  type Projection,
  type ResourceType,
  sumCents,
} from '@wewrite/contracts';
import { sql } from 'kysely';
import type { Context } from '../db.ts';

/**
 * C3: the writer's running month as plans stand now, without what rests since the writer takes no support (A11). Nothing of
 * it is earned yet.
 */
export async function projectMonth(context: Context, recipientUserId: string): Promise<Projection> {
  const resources = await readResources(context, recipientUserId);
  const grossCents = sumCents(resources.map((resource) => resource.usdCents));
  const platformFeeCents = basisPointsOf(grossCents, context.config.PLATFORM_FEE_BPS);
  return {
    month: monthOf(context.clock.now()),
    isEarned: false,
    grossCents,
    platformFeeCents,
    netCents: cents(grossCents - platformFeeCents),
    supporterCount: await countSupporters(context, recipientUserId),
    resources,
  };
}

interface StandingResource {
  readonly resourceType: ResourceType;
  readonly resourceId: string;
  readonly supporterCount: number;
  readonly usdCents: Cents;
}

async function readResources({ database }: Context, recipientUserId: string): Promise<StandingResource[]> {
  const { rows } = await sql<StandingResource>`
    select resource_type as "resourceType", resource_id as "resourceId", count(*) as "supporterCount",
      sum(usd_cents)::bigint as "usdCents"
    from standing where recipient_user_id = ${recipientUserId} and usd_cents > 0 and not is_paused
    group by resource_type, resource_id order by resource_type, resource_id`.execute(database.kysely);
  return rows;
}

async function countSupporters({ database }: Context, recipientUserId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(distinct user_id) as count from standing
    where recipient_user_id = ${recipientUserId} and usd_cents > 0 and not is_paused`.execute(database.kysely);
  return rows[0]?.count ?? 0;
}
