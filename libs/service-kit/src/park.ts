import { messageParked, type ParkedState, type ServiceName, type Topic } from '@wewrite/contracts';
import { sql, type Transaction } from 'kysely';
import type { Clock } from './clock.ts';
import type { Database } from './database.ts';
import { idOfCause } from './ids.ts';
import type { IncomingRecord } from './kafka/broker.ts';
import { partOf } from './message.ts';
import type { Outbox } from './outbox.ts';
import type { TechnicalTime } from './technical-time.ts';

/** What a service needs to put messages aside and to tell of them. */
export interface Parking {
  readonly service: ServiceName;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly time: TechnicalTime;
}

/** A parked message as it is told of. */
export interface Parked {
  readonly topic: Topic;
  readonly messageId: string;
  readonly record: Pick<IncomingRecord, 'key' | 'value' | 'headers'>;
  readonly reason: string;
  readonly version: number;
}

const manyParked = 20;
const windowMs = 60_000;
const longestReason = 2_000;

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

/**
 * Puts a record aside with its reason, and says so. One whose id has been taken in, or which is aside already, has only
 * been delivered again: nothing is done.
 */
export async function park<Schema>(
  parking: Parking,
  tx: Transaction<Schema>,
  { topic, record, reason }: { topic: Topic; record: IncomingRecord; reason: string },
): Promise<void> {
  const messageId = storable(placedIdOf(record));
  const { rows } = await sql<{ version: number }>`
    insert into parked_message (topic, message_id, key, partition_number, partition_offset, headers, payload, reason, parked_at)
    select ${topic.name}, ${messageId}, ${storable(record.key)}, ${record.partition}, ${record.offset.toString()}::bigint,
      ${JSON.stringify(storableHeaders(record))}::jsonb, ${record.value}, ${reason}, ${parking.time.now()}::timestamptz
    where not exists (select from inbox where topic = ${topic.name} and message_id = ${messageId})
    on conflict do nothing
    returning version`.execute(tx);
  const [inserted] = rows;
  if (inserted === undefined) return;
  await sayParked(parking, tx, { topic, messageId, record, reason, ...inserted }, { state: 'parked', commandId: null });
}

/** Tells what has become of a parked message: say it under the lock of its row. */
export async function sayParked<Schema>(
  { service, outbox, clock }: Parking,
  tx: Transaction<Schema>,
  { topic, messageId, record, reason, version }: Parked,
  { state, commandId }: { state: ParkedState; commandId: string | null },
): Promise<void> {
  const body = {
    service,
    topic: topic.name,
    messageId,
    key: storable(record.key),
    reason: reason.slice(0, longestReason).toWellFormed(),
    at: clock.now().toISOString(),
    state,
    version,
    canBeDropped: canBeDropped(topic, record),
    commandId,
  };
  const id = idOfCause('message.parked', service, topic.name, messageId, version);
  await outbox.emit(tx, messageParked, [{ key: service, id, body }]);
}

/**
 * False for what is counted, since whoever counts would wait for it for ever. What cannot be read may be such a message,
 * unless it lacks the id that each message of ours has.
 */
export function canBeDropped(topic: Topic, record: Pick<IncomingRecord, 'value' | 'headers'>): boolean {
  if (topic.keptParts.length === 0) return true;
  const part = partOf(record);
  if (topic.keptParts === 'all' || part === null) return record.headers.ce_id === undefined;
  return !topic.keptParts.includes(part);
}

/** A record without an id is known by its place, which does not change either. */
function placedIdOf({ headers, partition, offset }: IncomingRecord): string {
  return headers.ce_id ?? `${partition}:${offset}`;
}

function storableHeaders({ headers }: IncomingRecord): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [storable(name), storable(value)]));
}

/** Postgres keeps neither U+0000 nor half a surrogate pair; what would be refused could never be put aside. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\u{fffd}').toWellFormed();
}
