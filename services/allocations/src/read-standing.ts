import type { Cents, ResourceType, UserId, WriterState } from '@wewrite/contracts';
import { type RawBuilder, sql } from 'kysely';
import type { StandingAllocation } from './plan.ts';
import { currentWriterState } from './writer-state.ts';

/** A plan's allocations as one column of JSON arrays: `[resourceType, resourceId, recipientUserId, usdCents, version, writerState]`. */
export interface StandingColumns {
  readonly standing: readonly (readonly [ResourceType, string, UserId, Cents, number, WriterState])[];
}

/** The standing allocations of a supporter for the list of a `select`, in order of resource. */
export function standingColumns(userId: UserId): RawBuilder<unknown> {
  return sql`(
    select coalesce(json_agg(
      json_build_array(
        resource_type, resource_id, recipient_user_id, usd_cents, version, ${currentWriterState('recipient_user_id')}
      ) order by resource_type, resource_id
    ), '[]')
    from allocation where user_id = ${userId}
  ) as standing`;
}

/** The allocations that the column says. */
export function standingOf({ standing }: StandingColumns): StandingAllocation[] {
  return standing.map(([resourceType, resourceId, recipientUserId, usdCents, version, writerState]) => ({
    resource: { resourceType, resourceId },
    recipientUserId,
    usdCents,
    version,
    writerState,
  }));
}
