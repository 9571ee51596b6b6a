import type { EachBatchPayload, Kafka, Consumer as KafkaConsumer, RetryOptions } from 'kafkajs';
import { partitionsAtOnce } from './delivery.ts';

/** A member's partitions are given to others when it has not been heard for this long: the wait after a crash. */
const sessionTimeoutMs = 10_000;
/** How often a member is heard; also the time it needs to notice that another one joins or leaves. */
export const heartbeatIntervalMs = 500;
/** How long the group waits for a member's batches in hand when it shares out anew; above a transaction's 30 s. */
const rebalanceTimeoutMs = 35_000;
/** How long a fetch waits for news. A partition that was paused is in no fetch before the next one. */
const fetchWaitMs = 250;

export interface SessionOptions {
  /**
   * A client of its own for each session: kafkajs keeps the commits of a group in the client, and two members of one
   * group would clear each other's.
   */
  readonly kafka: Kafka;
  readonly retry: RetryOptions;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly eachBatch: (payload: EachBatchPayload) => Promise<void>;
  /** Told at each join which partitions are this member's from now on. */
  readonly onAssigned: (partitions: Readonly<Record<string, readonly number[]>>) => void;
}

/** How a session came to its end by itself, and whether that may pass, as an unreachable broker does. */
export interface SessionEnd {
  readonly error: Error;
  readonly passes: boolean;
}

/** The life of one kafkajs consumer, from its joining the group to its crash. */
export interface Session {
  readonly ended: Promise<SessionEnd>;
  leave(): Promise<void>;
}

/** Joins the group; resolves when it has its partitions, rejects when it could not join. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { kafka, retry, groupId, topics, eachBatch, onAssigned } = options;
  const { promise: ended, resolve: end } = Promise.withResolvers<SessionEnd>();
  const { promise: joined, resolve: join } = Promise.withResolvers<void>();
  let passes = false;
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: heartbeatIntervalMs,
    rebalanceTimeout: rebalanceTimeoutMs,
    maxWaitTimeInMs: fetchWaitMs,
    allowAutoTopicCreation: false,
    retry: {
      ...retry,
      // Asked only for errors that may pass. kafkajs must not start again by itself: a `disconnect` at that moment is
      // lost, and the consumer joins afterwards, keeps its partitions, and nobody reads them.
      restartOnFailure: async () => {
        passes = true;
        return false;
      },
    },
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    onAssigned(payload.memberAssignment);
    join();
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => end({ error: payload.error, passes }));
  try {
    await run(consumer, topics, eachBatch);
    const failed = await Promise.race([joined, ended]);
    if (failed) throw failed.error;
  } catch (error) {
    await consumer.disconnect();
    throw error;
  }
  return { ended, leave: () => consumer.disconnect() };
}

async function run(consumer: KafkaConsumer, topics: readonly string[], eachBatch: SessionOptions['eachBatch']) {
  await consumer.connect();
  // A new group would else start at the end, and never see what was sent before it.
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    // With the default, any normal return resolves the whole batch, also what the handler has left: lost records.
    eachBatchAutoResolve: false,
    // Only what the handler has done is committed.
    autoCommit: false,
    partitionsConsumedConcurrently: partitionsAtOnce,
    eachBatch,
  });
}
