import { type ParkedMessage, UserIdSchema } from '@wewrite/contracts';
import type { Kysely, Selectable } from 'kysely';
import type { OperatorOrderTable, ReportedParkedTable, Schema } from './db.ts';

type Order = Selectable<OperatorOrderTable>;

/** The latest order about each of these messages, where there is one. */
export async function lastOrders(
  kysely: Kysely<Schema>,
  parkedIds: readonly string[],
): Promise<ReadonlyMap<string, Order>> {
  if (parkedIds.length === 0) return new Map();
  const rows = await kysely
    .selectFrom('operator_order')
    .selectAll()
    .distinctOn('parked_id')
    .where('parked_id', 'in', parkedIds)
    .orderBy('parked_id')
    .orderBy('place', 'desc')
    .execute();
  return new Map(rows.map((row) => [row.parked_id, row]));
}

/** A parked message as the API shows it. */
export function parkedMessageOf(row: Selectable<ReportedParkedTable>, order: Order | undefined): ParkedMessage {
  return {
    id: row.id,
    service: row.service,
    topic: row.topic,
    messageId: row.message_id,
    key: row.key,
    reason: row.reason,
    state: row.state,
    canBeDropped: row.can_be_dropped,
    parkedAt: row.parked_at.toISOString(),
    changedAt: row.changed_at.toISOString(),
    lastOrder:
      order === undefined
        ? null
        : {
            commandId: order.command_id,
            order: order.order,
            orderedBy: UserIdSchema.parse(order.ordered_by),
            reason: order.reason,
            orderedAt: order.ordered_at.toISOString(),
            answered: row.answered_command_id === order.command_id,
          },
  };
}
