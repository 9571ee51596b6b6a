import type { Topic } from '@wewrite/contracts';

/** A record to be sent: bytes, as Kafka stores them. Header values are UTF-8 strings. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** A record as it is received; `offset` is its place in the partition. */
export interface IncomingRecord extends OutgoingRecord {
  readonly partition: number;
  readonly offset: bigint;
}

/** What a batch handler answers: how many records, from the first, are done; fewer than all pauses the partition. */
export interface BatchOutcome {
  readonly doneCount: number;
  /** Real milliseconds to wait before the rest is delivered again; only read when something is left. */
  readonly retryAfterMs: number;
}

/** What a member of a group wants to read, and what it does with it. */
export interface Subscription {
  /** The consumer group; members of one group share the partitions. */
  readonly groupId: string;
  readonly topics: readonly string[];
  /**
   * Gets the next records of one partition, in order, at most `maxRecords`. Batches of different partitions may run at
   * the same time. Offsets are committed after it returns, for the records that it says are done; a throw means none is.
   */
  readonly onBatch: (records: readonly IncomingRecord[]) => Promise<BatchOutcome>;
  readonly maxRecords: number;
  /** Told once when the consumer can no longer go on by itself; the process should end and be started again. */
  readonly onCrash: (error: Error) => void;
}

/** A member of a group that is reading. */
export interface Consumer {
  /** Stops after the batches in hand are done and their offsets committed; a batch handler must not wait for it. */
  stop(): Promise<void>;
}

/**
 * The one door to Kafka. Two implementations pass the same conformance suite: kafkajs, and an in-process twin whose log
 * dies with the process. Topic names are used as given; the kit adds a test's prefix before.
 */
export interface Broker {
  readonly kind: 'kafka' | 'memory';
  /** Creates what is missing and waits until each partition has a leader; existing topics are left as they are. */
  createTopics(topics: readonly Pick<Topic, 'name' | 'partitions' | 'retentionDays'>[]): Promise<void>;
  /**
   * Sends all records, acks=all, in order per key; resolves when every one is stored. Partition by Kafka's murmur2 of
   * the key. Rejects when any may be missing: the caller sends all of them again, so a record may be stored twice. Two
   * calls at the same time have no order between them: a caller keeps one send per key in flight.
   */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  /** Joins the group, from the beginning where the group has no offset; resolves when partitions are being read. */
  subscribe(subscription: Subscription): Promise<Consumer>;
  /** Records of the topics that the group has not committed yet, from the broker's own knowledge. */
  lag(groupId: string, topics: readonly string[]): Promise<number>;
  /** Rejects when the broker cannot be reached. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
