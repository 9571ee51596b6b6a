import type { MessageOf, Topic } from '@wewrite/contracts';
import { compareUtf8, isRehearsed } from '@wewrite/contracts';
import { sql, type Transaction } from 'kysely';
import type { Database } from './database.ts';
import type { BatchOutcome, IncomingRecord } from './kafka/broker.ts';
import type { Log } from './log.ts';
import { errorText } from './loop.ts';
import { decodeRecord, type Received, UnreadableMessage } from './message.ts';
import { type Parking, park, storable, tooManyParked } from './park.ts';
import { backoffMs, type TechnicalTime } from './technical-time.ts';
import type { Telemetry } from './telemetry.ts';
import { isTimeout, isTransient } from './transient.ts';

/** What a service does with the messages of one topic. */
export interface Hearing<Schema> {
  readonly topic: Topic;
  /** Handles records of one partition, in order, in one transaction that the kit opens and commits. */
  readonly handle: HandleRecords<Schema>;
  /** The same for messages of rehearsals; without it they are taken in and nothing comes of them. */
  readonly rehearse?: HandleRecords<Schema>;
}

type HandleRecords<Schema> = (tx: Transaction<Schema>, records: readonly Received<unknown>[]) => Promise<void>;
type HandleMessages<Schema, T extends Topic> = (
  tx: Transaction<Schema>,
  messages: readonly Received<MessageOf<T>>[],
) => Promise<void>;

/**
 * Declares a handler. It gets only messages whose effect has not committed before, in order, and does its work with set-
 * based statements in the given transaction; a throw is retried when transient, else the batch is halved down to the one
 * message that fails, which is parked. Messages of rehearsals never reach it: who wants them declares another handler.
 */
export function hears<Schema, T extends Topic>(
  topic: T,
  handle: HandleMessages<Schema, T>,
  { rehearse }: { readonly rehearse?: HandleMessages<Schema, T> } = {},
): Hearing<Schema> {
  // decodeRecord has parsed each body with this topic's schema.
  const parsed = (records: readonly Received<unknown>[]) => records as readonly Received<MessageOf<T>>[];
  return {
    topic,
    handle: (tx, records) => handle(tx, parsed(records)),
    ...(rehearse === undefined ? {} : { rehearse: (tx, records) => rehearse(tx, parsed(records)) }),
  };
}

export interface InboxOptions<Schema> {
  readonly hearings: readonly Hearing<Schema>[];
  readonly database: Database<Schema>;
  readonly telemetry: Telemetry;
  readonly time: TechnicalTime;
  readonly log: Log;
  readonly topicPrefix: string;
  readonly parking: Parking;
}

export interface Inbox {
  readonly onBatch: (records: readonly IncomingRecord[]) => Promise<BatchOutcome>;
  /** Rises with each record taken in, handled, repeated or parked. */
  takenCount(): number;
}

const pauseAfterManyParkedMs = 60_000;
/** As stored; a compressed chunk is some thirty times that when decoded. */
const portionBytes = 512 * 1024;

/** Takes records in: the message ids and their effect commit in one transaction. */
export function createInbox<Schema>(options: InboxOptions<Schema>): Inbox {
  const hearings = new Map(options.hearings.map((hearing) => [`${options.topicPrefix}${hearing.topic.name}`, hearing]));
  const failures = new Map<string, number>();
  let taken = 0;
  return {
    takenCount: () => taken,
    onBatch: async (records) => {
      const first = records[0];
      if (first === undefined) return { doneCount: 0, retryAfterMs: 0 };
      const hearing = hearings.get(first.topic);
      if (hearing === undefined) throw new Error(`no handler for topic ${first.topic}`);
      const partition = `${first.topic}:${first.partition}`;
      const outcome = await takeInPortions(options, hearing, records);
      taken += outcome.doneCount;
      if (outcome.doneCount > 0) failures.delete(partition);
      if (outcome.doneCount === records.length) return { doneCount: outcome.doneCount, retryAfterMs: 0 };
      const failureCount = failures.get(partition) ?? 0;
      failures.set(partition, failureCount + 1);
      const retryAfterMs = outcome.pausedByParking ? pauseAfterManyParkedMs : backoffMs(failureCount, 100, 30_000);
      options.log.error(
        { partition, offset: String(first.offset), error: outcome.error, retryAfterMs },
        'a partition is paused; its messages are delivered again',
      );
      return { doneCount: outcome.doneCount, retryAfterMs };
    },
  };
}

interface Taken {
  readonly doneCount: number;
  readonly error?: string;
  readonly pausedByParking?: boolean;
}

/** Takes in the records portion by portion, so that large messages are never all in memory, decoded, at once. */
async function takeInPortions<Schema>(
  options: InboxOptions<Schema>,
  hearing: Hearing<Schema>,
  records: readonly IncomingRecord[],
): Promise<Taken> {
  let doneCount = 0;
  while (doneCount < records.length) {
    const portion = portionOf(records.slice(doneCount));
    const outcome = await takeIn(options, hearing, portion);
    doneCount += outcome.doneCount;
    if (outcome.doneCount < portion.length) return { ...outcome, doneCount };
  }
  return { doneCount };
}

/** The first records, as many as fit; one at least. */
function portionOf(records: readonly IncomingRecord[]): readonly IncomingRecord[] {
  let bytes = 0;
  const end = records.findIndex((record) => {
    bytes += record.value.length;
    return bytes > portionBytes;
  });
  return end === -1 ? records : records.slice(0, Math.max(1, end));
}

/** Handles the records in one transaction; where that fails for good, each half by itself, down to one. */
async function takeIn<Schema>(
  options: InboxOptions<Schema>,
  hearing: Hearing<Schema>,
  records: readonly IncomingRecord[],
): Promise<Taken> {
  try {
    await handleTogether(options, hearing, records);
    return { doneCount: records.length };
  } catch (error) {
    const [only] = records;
    if (isTimeout(error) && records.length === 1) return { doneCount: 0, error: errorText(error) };
    if (isTransient(error) && !isTimeout(error)) return { doneCount: 0, error: errorText(error) };
    if (records.length === 1 && only !== undefined) return parkOne(options, hearing.topic, only, error);
  }
  const middle = Math.ceil(records.length / 2);
  const firstHalf = await takeIn(options, hearing, records.slice(0, middle));
  if (firstHalf.doneCount < middle) return firstHalf;
  const secondHalf = await takeIn(options, hearing, records.slice(middle));
  return { ...secondHalf, doneCount: middle + secondHalf.doneCount };
}

async function handleTogether<Schema>(
  options: InboxOptions<Schema>,
  hearing: Hearing<Schema>,
  records: readonly IncomingRecord[],
): Promise<void> {
  const messages = records.map((record) => decodeRecord(hearing.topic, record));
  const traceparents = [...new Set(messages.flatMap((message) => message.traceparent ?? []))];
  const [parent, ...links] = traceparents;
  const attributes = {
    'messaging.system': 'kafka',
    'messaging.destination.name': hearing.topic.name,
    'messaging.batch.message_count': messages.length,
  };
  await options.telemetry.span(
    { name: `${hearing.topic.name} process`, kind: 'consumer', parent, links: links.slice(0, 100), attributes },
    () => options.database.transaction((tx) => takeMessages(tx, hearing, messages, options.time.now())),
  );
}

/** Hands messages over whose ids are new, and remembers these: both or neither commit. */
export async function takeMessages<Schema>(
  tx: Transaction<Schema>,
  { topic, handle, rehearse }: Hearing<Schema>,
  messages: readonly Received<unknown>[],
  receivedAt: Date,
): Promise<void> {
  const fresh = await rememberIds(tx, topic.name, messages, receivedAt);
  const rehearsed = fresh.filter(({ body }) => isRehearsed(body));
  const real = rehearsed.length === 0 ? fresh : fresh.filter((message) => !rehearsed.includes(message));
  if (real.length > 0) await handle(tx, real);
  if (rehearsed.length > 0) await rehearse?.(tx, rehearsed);
}

/** Inserts the ids, in byte order so that two replicas cannot deadlock; gives back the messages that are new. */
async function rememberIds<Schema>(
  tx: Transaction<Schema>,
  topic: string,
  messages: readonly Received<unknown>[],
  receivedAt: Date,
): Promise<Received<unknown>[]> {
  const ids = [...new Set(messages.map((message) => message.id))].sort(compareUtf8);
  const { rows } = await sql<{ message_id: string }>`
    insert into inbox (topic, message_id, received_at)
    select ${topic}, message_id, ${receivedAt}::timestamptz from unnest(${ids}::text[]) as new (message_id)
    on conflict do nothing
    returning message_id`.execute(tx);
  const fresh = new Set(rows.map((row) => row.message_id));
  return messages.filter((message) => fresh.delete(message.id));
}

/** Why a message cannot be handled, as it is kept and told. */
export function reasonOf(error: unknown): string {
  return storable(error instanceof UnreadableMessage ? error.message : errorText(error));
}

async function parkOne<Schema>(
  { database, parking, log, time }: InboxOptions<Schema>,
  topic: Topic,
  record: IncomingRecord,
  error: unknown,
): Promise<Taken> {
  const reason = reasonOf(error);
  if (await tooManyParked(database, time.now())) return { doneCount: 0, error: reason, pausedByParking: true };
  try {
    await database.transaction((tx) => park(parking, tx, { topic, record, reason }));
  } catch (parkingError) {
    return { doneCount: 0, error: `could not be parked: ${errorText(parkingError)}` };
  }
  log.error(
    { topic: record.topic, partition: record.partition, offset: String(record.offset), reason },
    'a message is parked',
  );
  return { doneCount: 1 };
}
