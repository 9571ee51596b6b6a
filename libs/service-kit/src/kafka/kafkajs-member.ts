import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka, RetryOptions } from 'kafkajs';
import type { Consumer, Subscription } from './broker.ts';
import { Deliveries } from './kafkajs-deliveries.ts';
import { coordinatorNotReady, type PartitionFilter } from './kafkajs-offsets.ts';
import { patiently } from './kafkajs-patience.ts';
import { openSession, type Session } from './kafkajs-session.ts';
import { watchForStall } from './kafkajs-watchdog.ts';
import type { BrokerLog } from './log.ts';

const restartAfterMs = 500;

export interface MemberOptions {
  readonly newClient: () => Kafka;
  readonly retry: RetryOptions;
  readonly subscription: Subscription;
  readonly log: BrokerLog;
  readonly stalledAfterMs: number;
  /** The group's lag in the partitions that count. */
  readonly lag: (counts: PartitionFilter) => Promise<number>;
}

/** One member of a consumer group: a session of kafkajs, another when that one ends for a reason that may pass. */
export class KafkajsMember implements Consumer {
  readonly #options: MemberOptions;
  readonly #deliveries: Deliveries;
  readonly #watchdog: ReturnType<typeof watchForStall>;
  readonly #stopping = new AbortController();
  #assigned: Readonly<Record<string, readonly number[]>> = {};
  #session: Promise<Session> | undefined;
  #stopped: Promise<void> | undefined;
  #crashed = false;

  constructor(options: MemberOptions) {
    const { subscription, log, stalledAfterMs, lag } = options;
    this.#options = options;
    const isAssigned: PartitionFilter = (topic, partition) => this.#assigned[topic]?.includes(partition) ?? false;
    // Consumers can stand still without any event (tulios/kafkajs#659, #660).
    this.#watchdog = watchForStall({
      stalledAfterMs,
      lag: () => lag(isAssigned),
      onStall: (error) => this.#crash(error),
      log,
    });
    this.#deliveries = new Deliveries({ subscription, log, isAssigned, onAnswer: this.#watchdog.progress });
  }

  /** Joins the group; resolves when it has its partitions, rejects when that cannot be. */
  async start(): Promise<void> {
    try {
      const session = await patiently(coordinatorNotReady, () => this.#open());
      void this.#keepRunning(session);
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
    this.#stopping.abort();
    this.#watchdog.stop();
    // First our batches, then kafkajs, which does not wait for their commits.
    await this.#deliveries.end();
    // A session that is just being opened cannot be left before it is open.
    const session = await this.#session?.catch(() => undefined);
    await session?.leave();
  }

  #open(): Promise<Session> {
    const { newClient, retry, subscription } = this.#options;
    this.#stopping.signal.throwIfAborted();
    this.#session = openSession({
      kafka: newClient(),
      retry,
      groupId: subscription.groupId,
      topics: subscription.topics,
      eachBatch: (payload) => this.#deliveries.take(payload),
      onAssigned: (partitions) => {
        this.#assigned = partitions;
      },
    });
    return this.#session;
  }

  async #keepRunning(first: Session): Promise<void> {
    for (let session: Session | undefined = first; session; ) {
      const { error, passes } = await session.ended;
      if (!passes) return this.#crash(error);
      session = await this.#openAgain(error);
    }
  }

  /** Tries for ever: an outage of the brokers is no reason to end. Undefined when it was stopped meanwhile. */
  async #openAgain(reason: unknown): Promise<Session | undefined> {
    const { log, subscription } = this.#options;
    let lastError = reason;
    while (!this.#stopping.signal.aborted) {
      log.warn({ err: lastError, groupId: subscription.groupId }, 'the consumer has lost its group and joins again');
      try {
        await delay(restartAfterMs, undefined, { signal: this.#stopping.signal });
        return await this.#open();
      } catch (error) {
        lastError = error;
      }
    }
    return undefined;
  }

  #crash(error: Error): void {
    if (this.#crashed || this.#stopped) return;
    this.#crashed = true;
    this.#options.subscription.onCrash(error);
  }
}
