import type { MessageOf, Topic } from '@wewrite/contracts';
import { sql, type Transaction } from 'kysely';
import type { Clock } from './clock.ts';
import type { Ids } from './ids.ts';
import { encodeBody } from './message.ts';
import { activeTraceparent } from './telemetry.ts';

/** A message to be said. Give `id` where the cause is deterministic; a repeated cause is then one message to every inbox. */
export interface Outgoing<Body> {
  readonly key: string;
  readonly body: Body;
  readonly id?: string;
  /** A trace to continue instead of the active one. */
  readonly traceparent?: string | null;
}

/** A message whose bytes are a row of the service's own (a frozen chunk), loaded by the relay through `loadBlobs`. */
export interface OutgoingBlob {
  readonly key: string;
  readonly id: string;
  readonly blobId: string;
}

/** The way out of a service: messages that commit with the change they tell of. */
export interface Outbox {
  /**
   * Adds messages to the transaction, in order. Call it under the row lock of the message's key, so that the order of
   * ids is the order of commits for that key.
   */
  emit<T extends Topic, Schema>(
    tx: Transaction<Schema>,
    topic: T,
    messages: readonly Outgoing<MessageOf<T>>[],
  ): Promise<void>;
  emitBlobs<Schema>(tx: Transaction<Schema>, topic: Topic, messages: readonly OutgoingBlob[]): Promise<void>;
}

/** The channel on which a commit with new messages wakes the relay, of whichever replica leads. */
export function outboxChannel(schema: string): string {
  return `outbox_${schema}`;
}

interface Row {
  readonly key: string;
  readonly id: string;
  readonly payload: Buffer | null;
  readonly blobId: string | null;
  readonly traceparent: string | null;
}

export function createOutbox(options: { schema: string; clock: Clock; ids: Ids }): Outbox {
  const { schema, clock, ids } = options;
  return {
    emit: (tx, topic, messages) => {
      const active = activeTraceparent();
      const rows = messages.map((message) => ({
        key: message.key,
        id: message.id ?? ids.next(),
        payload: encodeBody(topic, message.body),
        blobId: null,
        traceparent: message.traceparent === undefined ? active : message.traceparent,
      }));
      return insertRows(tx, { schema, topic, rows, at: clock.now() });
    },
    emitBlobs: (tx, topic, messages) => {
      const traceparent = activeTraceparent();
      const rows = messages.map((message) => ({ ...message, payload: null, traceparent }));
      return insertRows(tx, { schema, topic, rows, at: clock.now() });
    },
  };
}

async function insertRows<Schema>(
  tx: Transaction<Schema>,
  insert: { schema: string; topic: Topic; rows: readonly Row[]; at: Date },
): Promise<void> {
  const { rows } = insert;
  if (rows.length === 0) return;
  await sql`
    with inserted as (
      insert into outbox (topic, key, message_id, occurred_at, payload, blob_id, traceparent)
      select ${insert.topic.name}, key, message_id, ${insert.at}::timestamptz, payload, blob_id, traceparent
      from unnest(
        ${rows.map((row) => row.key)}::text[], ${rows.map((row) => row.id)}::text[], ${rows.map((row) => row.payload)}::bytea[],
        ${rows.map((row) => row.blobId)}::text[], ${rows.map((row) => row.traceparent)}::text[]
      ) with ordinality as message (key, message_id, payload, blob_id, traceparent, position)
      order by position
    )
    select pg_notify(${outboxChannel(insert.schema)}, '')`.execute(tx);
}
