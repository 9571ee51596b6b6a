import type { Broker, OutgoingRecord } from '../broker.ts';

/** What a test is given: the broker, a fresh topic of six partitions, and a fresh group name. */
export interface Stage {
  readonly broker: () => Broker;
  readonly freshTopic: () => Promise<string>;
  readonly freshGroup: () => string;
}

/** A record whose value is text. */
export function textRecord(topic: string, key: string, text: string): OutgoingRecord {
  return { topic, key, value: Buffer.from(text), headers: {} };
}
