import { messageParked, type ServiceName } from '@wewrite/contracts';
import { sql, type Transaction } from 'kysely';
import type { Clock } from './clock.ts';
import type { Database } from './database.ts';
import type { IncomingRecord } from './kafka/broker.ts';
import type { Outbox } from './outbox.ts';
import type { TechnicalTime } from './technical-time.ts';

/** Puts a message aside with its reason, in the same transaction as its inbox id, and says so. */
export type ParkMessage<Schema> = (
  tx: Transaction<Schema>,
  parked: { record: IncomingRecord; reason: string },
) => Promise<void>;

const manyParked = 20;
const windowMs = 60_000;

/** True when so many were parked in the last minute that the fault is likely ours: the consumer pauses instead. */
export async function tooManyParked<Schema>(database: Database<Schema>, now: Date): Promise<boolean> {
  const since = new Date(now.getTime() - windowMs);
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from parked_message where parked_at > ${since}`.execute(database.kysely);
  return (rows[0]?.count ?? 0) >= manyParked;
}

/** Messages that wait for an operator. */
export async function parkedCount<Schema>(database: Database<Schema>): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from parked_message`.execute(database.kysely);
  return rows[0]?.count ?? 0;
}

export function createPark<Schema>(options: {
  service: ServiceName;
  outbox: Outbox;
  clock: Clock;
  time: TechnicalTime;
}): ParkMessage<Schema> {
  return async (tx, { record, reason }) => {
    // A record without an id is known by its place, which does not change either.
    const messageId = record.headers.ce_id ?? `${record.partition}:${record.offset}`;
    await sql`
      insert into parked_message (topic, message_id, key, partition_number, partition_offset, headers, payload, reason, parked_at)
      values (${record.topic}, ${messageId}, ${record.key}, ${record.partition}, ${record.offset.toString()},
        ${JSON.stringify(record.headers)}, ${record.value}, ${reason}, ${options.time.now()})
      on conflict do nothing`.execute(tx);
    await options.outbox.emit(tx, messageParked, [
      {
        key: options.service,
        body: {
          service: options.service,
          topic: record.topic,
          messageId,
          key: record.key,
          reason: reason.slice(0, 2_000),
          at: options.clock.now().toISOString(),
        },
      },
    ]);
  };
}
