import type { Batch, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { IncomingRecord, Subscription } from './broker.ts';
import { handOver } from './delivery.ts';
import { heartbeatIntervalMs } from './kafkajs-session.ts';
import type { BrokerLog } from './log.ts';

export interface DeliveryOptions {
  readonly subscription: Subscription;
  readonly log: BrokerLog;
  /** Whether the partition is still this member's. */
  readonly isAssigned: (topic: string, partition: number) => boolean;
  /** A handler has answered; it wants the rest of its records again after `pauseMs`. */
  readonly onAnswer: (pauseMs: number) => void;
}

/** The batches that kafkajs has fetched, on their way through the handler: commits, pauses, and an orderly end. */
export class Deliveries {
  readonly #options: DeliveryOptions;
  readonly #inHand = new Set<Promise<void>>();
  readonly #pauses = new Set<NodeJS.Timeout>();
  #ended = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** What kafkajs calls as `eachBatch`. */
  async take(payload: EachBatchPayload): Promise<void> {
    // kafkajs hands out what it has fetched also after it was stopped (tulios/kafkajs#1593).
    if (this.#ended) return;
    const work = this.#work(payload);
    this.#inHand.add(work);
    try {
      await work;
    } finally {
      this.#inHand.delete(work);
    }
  }

  /** Takes nothing more; resolves when the handlers at work have answered and their answers are committed. */
  async end(): Promise<void> {
    this.#ended = true;
    for (const pause of this.#pauses) clearTimeout(pause);
    await Promise.allSettled(this.#inHand);
  }

  /**
   * Hands a fetched batch to the handler in pieces. Errors of kafkajs go on to it: they say that the group shares out
   * anew, and it joins again when all batches have come back. What is not resolved is then fetched again.
   */
  async #work({ batch, heartbeat, pause, resolveOffset, commitOffsetsIfNecessary }: EachBatchPayload): Promise<void> {
    const { subscription, log, isAssigned, onAnswer } = this.#options;
    const { onBatch, maxRecords, groupId } = subscription;
    const { topic, partition } = batch;
    const records = batch.messages.map((message) => incomingRecord(batch, message));
    const onThrow = (err: unknown) => log.error({ err, groupId, topic, partition }, 'a batch handler threw');
    for (let first = 0; first < records.length && !this.#ended; ) {
      await heartbeat();
      const piece = records.slice(first, first + maxRecords);
      const { doneCount, retryAfterMs } = await keepAlive(heartbeat, () => handOver(onBatch, piece, onThrow));
      onAnswer(doneCount < piece.length ? retryAfterMs : 0);
      const lastDone = piece[doneCount - 1];
      if (lastDone) {
        // Resolving in a topic of which nothing is ours any more ends kafkajs with a TypeError (tulios/kafkajs#558).
        if (!isAssigned(topic, partition)) return;
        // Given offsets, this commits always, also while kafkajs stops, when `commitOffsets` does nothing and says
        // nothing. Without offsets it may commit nothing (tulios/kafkajs#1729).
        const offset = (lastDone.offset + 1n).toString();
        await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset }] }] });
        // After the commit, or a failed one would leave the records out; and always, or the same ones are fetched
        // again: a commit does not move kafkajs's position.
        resolveOffset(lastDone.offset.toString());
      }
      if (doneCount < piece.length) return this.#resumeLater(pause(), retryAfterMs);
      first += piece.length;
    }
  }

  #resumeLater(resume: () => void, afterMs: number): void {
    const timer = setTimeout(() => {
      this.#pauses.delete(timer);
      resume();
    }, afterMs);
    this.#pauses.add(timer);
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
