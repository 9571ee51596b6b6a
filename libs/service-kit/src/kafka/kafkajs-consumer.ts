import type { Batch, EachBatchPayload, Kafka, Consumer as KafkaConsumer, KafkaMessage } from 'kafkajs';
import type { Consumer, IncomingRecord, Subscription } from './broker.ts';
import { handOver, partitionsAtOnce } from './delivery.ts';
import type { PartitionFilter } from './kafkajs-offsets.ts';
import { watchForStall } from './kafkajs-watchdog.ts';
import type { BrokerLog } from './log.ts';

/** A member's partitions are given to others when it has not been heard for this long: the wait after a crash. */
const sessionTimeoutMs = 10_000;
/** Also the time that a member needs to notice that another one joins or leaves. */
const heartbeatIntervalMs = 500;
/** How long the group waits for a member's batches in hand when it shares out anew; above a transaction's 30 s. */
const rebalanceTimeoutMs = 60_000;
/** A paused partition is fetched again only with the next fetch, so a fetch without news must not wait long. */
const fetchWaitMs = 250;

export interface MemberOptions {
  /**
   * A client of its own for each member: kafkajs keeps the commits of a group in the client, and two members of one
   * group would clear each other's.
   */
  readonly kafka: Kafka;
  readonly subscription: Subscription;
  readonly log: BrokerLog;
  readonly stalledAfterMs: number;
  /** The group's lag in the partitions that count. */
  readonly lag: (counts: PartitionFilter) => Promise<number>;
}

/** One member of a consumer group on kafkajs, with its traps closed; each is told where it is closed. */
export class KafkajsMember implements Consumer {
  readonly #subscription: Subscription;
  readonly #log: BrokerLog;
  readonly #consumer: KafkaConsumer;
  readonly #inHand = new Set<Promise<void>>();
  readonly #retries = new Set<NodeJS.Timeout>();
  readonly #watchdog: ReturnType<typeof watchForStall>;
  #assigned: Readonly<Record<string, readonly number[]>> = {};
  #stopped: Promise<void> | undefined;
  #crashed = false;

  constructor({ kafka, subscription, log, stalledAfterMs, lag }: MemberOptions) {
    this.#subscription = subscription;
    this.#log = log;
    this.#consumer = kafka.consumer({
      groupId: subscription.groupId,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: heartbeatIntervalMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      maxWaitTimeInMs: fetchWaitMs,
      allowAutoTopicCreation: false,
    });
    // Consumers can stand still without any event (tulios/kafkajs#659, #660).
    this.#watchdog = watchForStall({
      stalledAfterMs,
      lag: () => lag((topic, partition) => this.#isAssigned(topic, partition)),
      onStall: (error) => this.#crash(error),
      log,
    });
  }

  /** Joins the group; resolves when it has its partitions, rejects when that cannot be. */
  async start(): Promise<void> {
    try {
      const joined = this.#firstJoin();
      await this.#consumer.connect();
      // A new group would start at the end, and never see what was sent before it.
      await this.#consumer.subscribe({ topics: [...this.#subscription.topics], fromBeginning: true });
      await this.#consumer.run({
        // With the default, any normal return resolves the whole batch, also what the handler has left: lost records.
        eachBatchAutoResolve: false,
        // Only what is done is committed, by `#commit`.
        autoCommit: false,
        partitionsConsumedConcurrently: partitionsAtOnce,
        eachBatch: (payload) => this.#onFetched(payload),
      });
      await joined;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#leave();
    return this.#stopped;
  }

  async #leave(): Promise<void> {
    this.#watchdog.stop();
    for (const retry of this.#retries) clearTimeout(retry);
    // First our batches, then kafkajs: once it is stopping, its `commitOffsets` says nothing and commits nothing.
    await Promise.allSettled(this.#inHand);
    await this.#consumer.disconnect();
  }

  /** Resolves at the first assignment. Until then a crash rejects; afterwards it is told to `onCrash`. */
  #firstJoin(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let joined = false;
    const { GROUP_JOIN, CRASH } = this.#consumer.events;
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#assigned = payload.memberAssignment;
      joined = true;
      resolve();
    });
    this.#consumer.on(CRASH, ({ payload: { error, restart } }) => {
      // What can pass, such as a broker that is away, kafkajs tries again for ever with a new member.
      if (restart) this.#log.warn({ err: error, groupId: this.#subscription.groupId }, 'the consumer starts again');
      else if (joined) this.#crash(error);
      else reject(error);
    });
    // Handled also when `start` fails before it waits for this.
    promise.catch(() => undefined);
    return promise;
  }

  #crash(error: Error): void {
    if (this.#crashed || this.#stopped) return;
    this.#crashed = true;
    this.#subscription.onCrash(error);
  }

  #isAssigned(topic: string, partition: number): boolean {
    return this.#assigned[topic]?.includes(partition) ?? false;
  }

  async #onFetched(payload: EachBatchPayload): Promise<void> {
    // kafkajs hands out what it has fetched also after it was stopped (tulios/kafkajs#1593).
    if (this.#stopped) return;
    const work = this.#work(payload);
    this.#inHand.add(work);
    try {
      await work;
    } finally {
      this.#inHand.delete(work);
    }
  }

  /**
   * Hands a fetched batch to the handler in pieces. Errors of kafkajs go on to it: they say that the group shares out
   * anew, and it joins again when all batches have come back. What is not resolved is then fetched again.
   */
  async #work({ batch, heartbeat, pause, resolveOffset, commitOffsetsIfNecessary }: EachBatchPayload): Promise<void> {
    const { onBatch, maxRecords, groupId } = this.#subscription;
    const { topic, partition } = batch;
    const records = batch.messages.map((message) => incomingRecord(batch, message));
    for (let first = 0; first < records.length && !this.#stopped; ) {
      await heartbeat();
      const piece = records.slice(first, first + maxRecords);
      const outcome = await keepAlive(heartbeat, () =>
        handOver(onBatch, piece, (error) =>
          this.#log.error({ err: error, groupId, topic, partition }, 'a batch handler threw'),
        ),
      );
      this.#watchdog.progress(outcome.doneCount < piece.length ? outcome.retryAfterMs : 0);
      const lastDone = piece[outcome.doneCount - 1];
      if (lastDone) {
        // Resolving a partition that went to another member meanwhile ends kafkajs with a TypeError (#558).
        if (!this.#isAssigned(topic, partition)) return;
        // With offsets it commits always; without, it may commit nothing (tulios/kafkajs#1729).
        const offset = (lastDone.offset + 1n).toString();
        await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset }] }] });
        // After the commit, not before: else a failed commit would leave the records out. And always: the position is
        // not moved by a commit, and the same records would be fetched again and again.
        resolveOffset(lastDone.offset.toString());
      }
      if (outcome.doneCount < piece.length) return this.#resumeLater(pause(), outcome.retryAfterMs);
      first += piece.length;
    }
  }

  #resumeLater(resume: () => void, afterMs: number): void {
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      resume();
    }, afterMs);
    this.#retries.add(retry);
  }
}

/** Keeps the member in its group while a handler takes long. A failure is not lost: the next heartbeat fails as well. */
async function keepAlive<Result>(heartbeat: () => Promise<void>, work: () => Promise<Result>): Promise<Result> {
  const timer = setInterval(() => void heartbeat().catch(() => undefined), heartbeatIntervalMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Others may write records without key or value, and repeat a header: these become empty, and the last one counts. */
function incomingRecord({ topic, partition }: Batch, message: KafkaMessage): IncomingRecord {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) headers[name] = last.toString();
  }
  const key = message.key?.toString() ?? '';
  return { topic, partition, key, value: message.value ?? Buffer.alloc(0), headers, offset: BigInt(message.offset) };
}
