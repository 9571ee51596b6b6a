// An operator's order about a parked message: the stored record goes through the same inbox and handler as when it came,
// in the transaction that forgets it; what fails again stays parked, with the new reason.
import { type MessageOf, operatorCommand, type ParkedState, type Topic, topics } from '@wewrite/contracts';
import { sql, type Transaction } from 'kysely';
import { type Hearing, hears, reasonOf, takeMessages } from './inbox.ts';
import type { IncomingRecord } from './kafka/broker.ts';
import type { Log } from './log.ts';
import { decodeRecord, type Received } from './message.ts';
import { canBeDropped, type Parking, sayParked } from './park.ts';
import type { Telemetry } from './telemetry.ts';
import { isTimeout, isTransient } from './transient.ts';

type Command = MessageOf<typeof operatorCommand>;

interface ParkedRow {
  readonly key: string;
  readonly partition_number: number;
  readonly partition_offset: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Buffer;
  readonly reason: string;
  readonly version: number;
}

interface Obeying<Schema> extends Parking {
  readonly hearings: readonly Hearing<Schema>[];
  readonly telemetry: Telemetry;
  readonly log: Log;
}

/** A service's hearings, and that of orders about what any of them has parked. */
export function withOperator<Schema>(obeying: Obeying<Schema>): readonly Hearing<Schema>[] {
  const operator = hears<Schema, typeof operatorCommand>(operatorCommand, async (tx, messages) => {
    // In the order in which they were given: a later message may build on an earlier one.
    for (const message of messages) if (message.body.service === obeying.service) await obey(obeying, tx, message);
  });
  return [...obeying.hearings, operator];
}

async function obey<Schema>(
  obeying: Obeying<Schema>,
  tx: Transaction<Schema>,
  { body: command }: Received<Command>,
): Promise<void> {
  const { messageId, commandId, order, orderedBy } = command;
  const topic = topics.find(({ name }) => name === command.topic);
  if (topic === undefined) throw new Error(`there is no topic ${command.topic}`);
  const row = await lockParked(tx, topic, messageId);
  if (row === null) return;
  const record = recordIn(topic, row);
  const { state, reason } =
    order === 'drop'
      ? await drop(obeying, tx, { topic, messageId, record, reason: row.reason })
      : await replay(obeying, tx, { topic, record, reason: row.reason });
  const version = row.version + 1;
  await (state === 'parked'
    ? sql`update parked_message set reason = ${reason}, version = ${version}
          where topic = ${topic.name} and message_id = ${messageId}`.execute(tx)
    : sql`delete from parked_message where topic = ${topic.name} and message_id = ${messageId}`.execute(tx));
  await sayParked(obeying, tx, { topic, messageId, record, reason, version }, { state, commandId });
  obeying.log.warn({ topic: topic.name, messageId, order, orderedBy, state, reason }, 'an operator has ordered this');
}

async function lockParked<Schema>(tx: Transaction<Schema>, topic: Topic, messageId: string): Promise<ParkedRow | null> {
  const { rows } = await sql<ParkedRow>`
    select coalesce(key, '') as key, partition_number, partition_offset, headers, payload, reason, version
    from parked_message where topic = ${topic.name} and message_id = ${messageId} for update`.execute(tx);
  return rows[0] ?? null;
}

function recordIn(topic: Topic, row: ParkedRow): IncomingRecord {
  const { key, headers, payload: value, partition_number: partition } = row;
  return { topic: topic.name, key, value, headers, partition, offset: BigInt(row.partition_offset) };
}

interface Ending {
  readonly state: ParkedState;
  readonly reason: string;
}

/** The id counts as taken in, so that the message has no effect either when Kafka delivers it again. */
async function drop<Schema>(
  { time }: Obeying<Schema>,
  tx: Transaction<Schema>,
  parked: { topic: Topic; messageId: string; record: IncomingRecord; reason: string },
): Promise<Ending> {
  const { topic, messageId, record, reason } = parked;
  if (!canBeDropped(topic, record)) return { state: 'parked', reason };
  await sql`
    insert into inbox (topic, message_id, received_at) values (${topic.name}, ${messageId}, ${time.now()})
    on conflict do nothing`.execute(tx);
  return { state: 'dropped', reason };
}

async function replay<Schema>(
  { hearings, telemetry, time }: Obeying<Schema>,
  tx: Transaction<Schema>,
  { topic, record, reason }: { topic: Topic; record: IncomingRecord; reason: string },
): Promise<Ending> {
  const hearing = hearings.find((one) => one.topic.name === topic.name);
  if (hearing === undefined) return { state: 'parked', reason: `${topic.name} is not heard here any more` };
  await sql`savepoint replay`.execute(tx);
  try {
    const message = decodeRecord(topic, record);
    await telemetry.span({ name: `${topic.name} replay`, kind: 'consumer', parent: message.traceparent }, () =>
      takeMessages(tx, hearing, [message], time.now()),
    );
    await sql`release savepoint replay`.execute(tx);
    return { state: 'replayed', reason };
  } catch (error) {
    // Not the message's fault: the order itself is tried again.
    if (isTransient(error) || isTimeout(error)) throw error;
    await sql`rollback to savepoint replay`.execute(tx);
    return { state: 'parked', reason: reasonOf(error) };
  }
}
