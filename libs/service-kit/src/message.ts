import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { MessageOf, Topic } from '@wewrite/contracts';
import { z } from 'zod';
import type { IncomingRecord, OutgoingRecord } from './kafka/broker.ts';

/** A message as a handler gets it: parsed, with its CloudEvents attributes and its place in Kafka. */
export interface Received<Body> {
  readonly id: string;
  readonly topic: string;
  readonly key: string;
  readonly source: string;
  /** When it was so, in business time. */
  readonly time: Date;
  readonly traceparent: string | undefined;
  readonly body: Body;
  readonly partition: number;
  readonly offset: bigint;
}

/** A record that is not a message of its topic: unreadable, or not as the schema says. It is parked. */
export class UnreadableMessage extends Error {
  override readonly name = 'UnreadableMessage';
}

const compressed = 'zstd';
const PartSchema = z.object({ part: z.string() });

/** The bytes of a message as they are stored and sent; the schema is checked, so that nothing wrong is ever said. */
export function encodeBody<T extends Topic>(topic: T, body: MessageOf<T>): Buffer {
  const json = Buffer.from(JSON.stringify(topic.schema.parse(body)));
  return topic.encoding === 'json+zstd' ? zstdCompressSync(json) : json;
}

/** The record of CloudEvents 1.0 in Kafka's binary mode. */
export function recordOf(message: {
  topic: Topic;
  topicName: string;
  key: string;
  id: string;
  source: string;
  time: Date;
  traceparent: string | null;
  payload: Buffer;
}): OutgoingRecord {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: message.id,
    ce_type: message.topic.name,
    ce_source: message.source,
    ce_time: message.time.toISOString(),
    ce_dataschema: `urn:wewrite:schema:${message.topic.name}:${message.topic.version}`,
  };
  if (message.topic.encoding === 'json+zstd') headers['content-encoding'] = compressed;
  if (message.traceparent !== null) headers.traceparent = message.traceparent;
  return { topic: message.topicName, key: message.key, value: message.payload, headers };
}

/** Parses a record of the topic. Throws {@link UnreadableMessage} with what is wrong with it. */
export function decodeRecord<T extends Topic>(topic: T, record: IncomingRecord): Received<MessageOf<T>> {
  const id = record.headers.ce_id;
  const time = new Date(record.headers.ce_time ?? '');
  if (id === undefined || id === '') throw new UnreadableMessage('header ce_id is missing');
  if (Number.isNaN(time.getTime())) throw new UnreadableMessage('header ce_time is missing or not an instant');
  const parsed = topic.schema.safeParse(jsonOf(record));
  if (!parsed.success) throw new UnreadableMessage(`not a ${topic.name}: ${parsed.error.message}`);
  return {
    id,
    topic: topic.name,
    key: record.key,
    source: record.headers.ce_source ?? '',
    time,
    traceparent: record.headers.traceparent,
    // The schema has just checked it; zod's output type of a generic topic is not narrower than this.
    body: parsed.data as MessageOf<T>,
    partition: record.partition,
    offset: record.offset,
  };
}

/** Which part of its topic's messages a record is, by its `part`; null where that cannot be read. */
export function partOf(record: Pick<IncomingRecord, 'value' | 'headers'>): string | null {
  try {
    return PartSchema.safeParse(jsonOf(record)).data?.part ?? null;
  } catch (error) {
    if (error instanceof UnreadableMessage) return null;
    throw error;
  }
}

function jsonOf(record: Pick<IncomingRecord, 'value' | 'headers'>): unknown {
  try {
    const bytes = record.headers['content-encoding'] === compressed ? zstdDecompressSync(record.value) : record.value;
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new UnreadableMessage(`unreadable value: ${Error.isError(error) ? error.message : error}`);
  }
}
