import type { allocationChanged, MessageOf, scheduleChanged } from '@wewrite/contracts';
import type { Received } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Tx } from '../db.ts';

type Change = MessageOf<typeof allocationChanged>;

// In the order of keys, so that two replicas cannot deadlock; of several changes of one wish the newest counts.

/** Keeps what supporters wish to give (`allocation.changed`). */
export async function keepStanding(tx: Tx, messages: readonly Received<Change>[]) {
  const bodies = messages.map(({ body }) => body);
  // What only tells of a writer changes no wish: the line goes on to go back to the change that does.
  await keepWishes(
    tx,
    messages.filter(({ body }) => body.cause !== 'writer_unavailable'),
  );
  await keepPauses(
    tx,
    bodies.filter(({ cause, beforeCents }) => cause === 'writer_unavailable' || beforeCents === 0),
  );
}

async function keepWishes(tx: Tx, wishes: readonly Received<Change>[]): Promise<void> {
  const rows = wishes.map(({ body, ...message }) => ({
    user_id: body.userId,
    resource_type: body.resourceType,
    resource_id: body.resourceId,
    recipient_user_id: body.recipientUserId,
    usd_cents: body.afterCents,
    version: body.version,
    at: body.at,
    message_id: message.id,
    partition_number: message.partition,
    partition_offset: message.offset.toString(),
    traceparent: message.traceparent ?? null,
  }));
  await sql`
    insert into standing as known (user_id, resource_type, resource_id, recipient_user_id, usd_cents, version, at, message_id,
      partition_number, partition_offset, traceparent)
    select distinct on (user_id, resource_type, resource_id) user_id, resource_type, resource_id, recipient_user_id,
      usd_cents, version, at, message_id, partition_number, partition_offset, traceparent
    from json_populate_recordset(null::standing, ${JSON.stringify(rows)}::json)
    order by user_id, resource_type, resource_id, version desc
    on conflict (user_id, resource_type, resource_id) do update set
      recipient_user_id = excluded.recipient_user_id, usd_cents = excluded.usd_cents, version = excluded.version,
      is_paused = known.is_paused and known.recipient_user_id = excluded.recipient_user_id,
      at = excluded.at, message_id = excluded.message_id, partition_number = excluded.partition_number,
      partition_offset = excluded.partition_offset, traceparent = excluded.traceparent
    where known.version < excluded.version`.execute(tx);
}

/** A11: a wish rests while its writer takes no support; a new one is for a writer who does. */
async function keepPauses(tx: Tx, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map(({ userId, resourceType, resourceId, writerState, version }) => ({
    user_id: userId,
    resource_type: resourceType,
    resource_id: resourceId,
    is_paused: writerState !== null && writerState !== 'open',
    paused_version: version,
  }));
  await sql`
    update standing set is_paused = newest.is_paused, paused_version = newest.paused_version
    from (
      select distinct on (user_id, resource_type, resource_id) *
      from json_populate_recordset(null::standing, ${JSON.stringify(rows)}::json)
      order by user_id, resource_type, resource_id, paused_version desc
    ) as newest
    where standing.user_id = newest.user_id and standing.resource_type = newest.resource_type
      and standing.resource_id = newest.resource_id and standing.paused_version < newest.paused_version`.execute(tx);
}

/** Keeps which changes are to happen by themselves (`schedule.changed`). */
export async function keepSchedules(tx: Tx, messages: readonly Received<MessageOf<typeof scheduleChanged>>[]) {
  const rows = messages.map(({ body }) => ({
    schedule_id: body.scheduleId,
    user_id: body.userId,
    resource_type: body.resourceType,
    resource_id: body.resourceId,
    recipient_user_id: body.recipientUserId,
    kind: body.kind,
    usd_cents: body.usdCents,
    from_month: body.fromMonth,
    through_month: body.throughMonth,
    state: body.state,
    version: body.version,
  }));
  await sql`
    insert into schedule as known
    select distinct on (schedule_id) *
    from json_populate_recordset(null::schedule, ${JSON.stringify(rows)}::json)
    order by schedule_id, version desc
    on conflict (schedule_id) do update set
      recipient_user_id = excluded.recipient_user_id, kind = excluded.kind, usd_cents = excluded.usd_cents,
      from_month = excluded.from_month, through_month = excluded.through_month, state = excluded.state,
      version = excluded.version
    where known.version < excluded.version`.execute(tx);
}
