import type { MessageOf, messageParked } from '@wewrite/contracts';
import { idOfCause, type Received } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type { Schema } from './db.ts';

/** Keeps what the services have parked, and what has become of it: the newest version of each counts. */
export async function takeParked(
  tx: Transaction<Schema>,
  messages: readonly Received<MessageOf<typeof messageParked>>[],
): Promise<void> {
  for (const { body: parked } of messages) {
    await sql`
      insert into reported_parked as known (id, service, topic, message_id, key, reason, state, version, can_be_dropped,
        answered_command_id, parked_at, changed_at)
      values (${idOfCause('parked', parked.service, parked.topic, parked.messageId)}, ${parked.service}, ${parked.topic},
        ${parked.messageId}, ${parked.key}, ${parked.reason}, ${parked.state}, ${parked.version}, ${parked.canBeDropped},
        ${parked.commandId}, ${parked.at}, ${parked.at})
      on conflict (id) do update set
        reason = excluded.reason, state = excluded.state, version = excluded.version,
        can_be_dropped = excluded.can_be_dropped, answered_command_id = excluded.answered_command_id,
        changed_at = excluded.changed_at
      where known.version < excluded.version`.execute(tx);
  }
}
