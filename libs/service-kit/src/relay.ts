import { type Topic, topics } from '@wewrite/contracts';
import { sql } from 'kysely';
import type pg from 'pg';
import type { Database } from './database.ts';
import type { Broker } from './kafka/broker.ts';
import type { Log } from './log.ts';
import type { Driver, Loop } from './loop.ts';
import { recordOf } from './message.ts';
import { outboxChannel } from './outbox.ts';
import { backoffMs, type TechnicalTime } from './technical-time.ts';

/** Loads the bytes of messages that are rows of the service's own. */
export type LoadBlobs = (blobIds: readonly string[]) => Promise<ReadonlyMap<string, Buffer>>;

export interface Relay {
  start(): void;
  stop(): Promise<void>;
  /** Messages not yet sent. */
  pending(): Promise<number>;
  /** When the oldest message not yet sent was committed, in business time; null when none waits. */
  oldest(): Promise<Date | null>;
  /** True while this is the relay that sends. */
  leads(): boolean;
  /** Rises with each message sent. */
  sentCount(): number;
}

interface OutboxRow {
  readonly id: number;
  readonly topic: string;
  readonly key: string;
  readonly message_id: string;
  readonly occurred_at: Date;
  readonly payload: Buffer | null;
  readonly blob_id: string | null;
  readonly traceparent: string | null;
}

const batchRows = 2_000;
const batchBytes = 4 * 1024 * 1024;
const idlePollMs = 500;
const leadershipPollMs = 1_000;
const topicsByName = new Map<string, Topic>(topics.map((topic) => [topic.name, topic]));

/**
 * Sends what the outbox holds: the lowest ids first, then deletes them. There is no cursor, since a cursor skips rows
 * that commit late. One relay leads per service, by a session lock; a commit wakes it by NOTIFY. Batches follow each
 * other, so one send per key is in flight.
 */
export function createRelay(options: {
  service: string;
  schema: string;
  database: Database<unknown>;
  broker: Broker;
  topicPrefix: string;
  loadBlobs: LoadBlobs;
  time: TechnicalTime;
  log: Log;
  /** Sends batch by batch as it says, and contends with no other relay. */
  drive?: Driver | undefined;
}): Relay {
  const { database, time, log, drive } = options;
  const stopping = new AbortController();
  let wake = new AbortController();
  let sent = 0;
  let leading = false;
  let end: () => Promise<void> = async () => undefined;

  const send = async () => {
    const count = await sendBatch(options);
    sent += count;
    return count;
  };
  const pending = async () => {
    const { rows } = await sql<{ count: number }>`select count(*) as count from outbox`.execute(database.kysely);
    return rows[0]?.count ?? 0;
  };
  const waitForWork = async () => {
    await time.sleep(idlePollMs, AbortSignal.any([wake.signal, stopping.signal]));
  };
  const lead = async (client: pg.Client) => {
    leading = true;
    let failures = 0;
    const lost = new Promise<never>((_, reject) =>
      client.once('error', reject).once('end', () => reject(new Error('ended'))),
    );
    lost.catch(() => stopping.signal.aborted || wake.abort());
    while (!stopping.signal.aborted) {
      wake = new AbortController();
      try {
        const count = await Promise.race([send(), lost]);
        failures = 0;
        if (count === 0) await Promise.race([waitForWork(), lost]);
      } catch (error) {
        await client.query('select 1');
        log.warn({ error: String(error), failures }, 'the relay could not send; it tries again');
        await time.sleep(backoffMs(failures++, 100, 10_000), stopping.signal);
      }
    }
  };
  const contend = async () => {
    while (!stopping.signal.aborted) {
      await leadOnce({ options, lead, onNotify: () => wake.abort() }).catch((error: unknown) =>
        log.warn({ error: String(error) }, 'the relay lost its connection; it contends again'),
      );
      leading = false;
      await time.sleep(leadershipPollMs, stopping.signal);
    }
  };

  return {
    start: () => {
      if (drive === undefined) {
        const running = contend();
        end = () => running;
      } else {
        leading = true;
        const sending: Loop = { name: 'relay', pollMs: idlePollMs, due: pending, step: async () => (await send()) > 0 };
        end = drive(sending).stop;
      }
    },
    stop: async () => {
      stopping.abort();
      await end();
    },
    pending,
    oldest: async () => {
      const { rows } = await sql<{ occurred_at: Date }>`select occurred_at from outbox order by id limit 1`.execute(
        database.kysely,
      );
      return rows[0]?.occurred_at ?? null;
    },
    leads: () => leading,
    sentCount: () => sent,
  };
}

async function leadOnce(contest: {
  options: { schema: string; database: Database<unknown> };
  lead: (client: pg.Client) => Promise<void>;
  onNotify: () => void;
}): Promise<void> {
  const { schema, database } = contest.options;
  const client = await database.connect();
  try {
    const { rows } = await client.query('select pg_try_advisory_lock(7117002, hashtext($1)) as leads', [schema]);
    if (rows[0]?.leads !== true) return;
    client.on('notification', contest.onNotify);
    await client.query(`listen ${outboxChannel(schema)}`);
    await contest.lead(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function sendBatch(options: {
  service: string;
  database: Database<unknown>;
  broker: Broker;
  topicPrefix: string;
  loadBlobs: LoadBlobs;
}): Promise<number> {
  const { database, broker } = options;
  const batch = await readBatch(database);
  if (batch.length === 0) return 0;
  const blobIds = batch.flatMap((row) => (row.blob_id === null ? [] : [row.blob_id]));
  const blobs = blobIds.length === 0 ? new Map<string, Buffer>() : await options.loadBlobs(blobIds);
  const records = batch.map((row) => {
    const topic = topicsByName.get(row.topic);
    const payload = row.payload ?? blobs.get(row.blob_id ?? '');
    if (topic === undefined) throw new Error(`outbox row ${row.id} names an unknown topic ${row.topic}`);
    if (payload === undefined) throw new Error(`outbox row ${row.id} names a missing blob ${row.blob_id}`);
    return recordOf({
      topic,
      topicName: `${options.topicPrefix}${row.topic}`,
      key: row.key,
      id: row.message_id,
      source: options.service,
      time: row.occurred_at,
      traceparent: row.traceparent,
      payload,
    });
  });
  await broker.send(records);
  const ids = batch.map((row) => row.id);
  await sql`delete from outbox where id = any(${ids}::bigint[])`.execute(database.kysely);
  return batch.length;
}

/** The lowest ids, as many as fit the batch; a blob counts as the largest chunk. At least one row, whatever its size. */
async function readBatch(database: Database<unknown>): Promise<OutboxRow[]> {
  const { rows } = await sql<OutboxRow>`
    select id, topic, key, message_id, occurred_at, payload, blob_id, traceparent
    from (
      select *, sum(coalesce(octet_length(payload), 262144)) over (order by id) - coalesce(octet_length(payload), 262144) as before
      from (select * from outbox order by id limit ${batchRows}) as lowest
    ) as sized
    where before < ${batchBytes}
    order by id`.execute(database.kysely);
  return rows;
}
