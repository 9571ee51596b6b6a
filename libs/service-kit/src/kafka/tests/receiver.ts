import { setTimeout as delay } from 'node:timers/promises';
import type { BatchOutcome, Broker, Consumer, IncomingRecord, Subscription } from '../broker.ts';

/** A consumer that notes what it is given; `answer` replaces its answer that all is done. */
export interface Receiver {
  readonly batches: (readonly IncomingRecord[])[];
  readonly records: IncomingRecord[];
  readonly consumer: Consumer;
}

/** Subscribes a receiver. Crashes are thrown at the process: no test expects one. */
export async function receive(
  broker: Broker,
  subscription: Pick<Subscription, 'groupId' | 'topics'> & { readonly maxRecords?: number },
  answer: (records: readonly IncomingRecord[]) => Promise<BatchOutcome> = async (records) => allDone(records),
): Promise<Receiver> {
  const batches: (readonly IncomingRecord[])[] = [];
  const records: IncomingRecord[] = [];
  const consumer = await broker.subscribe({
    maxRecords: 100,
    ...subscription,
    onBatch: (batch) => {
      batches.push(batch);
      records.push(...batch);
      return answer(batch);
    },
    onCrash: (error) => {
      throw error;
    },
  });
  return { batches, records, consumer };
}

/** The answer of a handler that has nothing left. */
export function allDone(records: readonly IncomingRecord[]): BatchOutcome {
  return { doneCount: records.length, retryAfterMs: 0 };
}

/** Waits until the condition holds; fails after 20 s, naming what did not come. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it did not come about that ${what}`);
    await delay(5);
  }
}

/** The values of records as text, of one partition or of all. */
export function texts(records: readonly IncomingRecord[], partition?: number): string[] {
  return records
    .filter((record) => partition === undefined || record.partition === partition)
    .map(({ value }) => value.toString());
}
