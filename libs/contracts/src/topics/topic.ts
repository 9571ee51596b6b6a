import type { z } from 'zod';
import type { ServiceName } from '../run.ts';

/** A Kafka topic as data: what creates it, what its messages are, who may say them, and who hears them. */
export interface Topic<Schema extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** What one message is, in a sentence. */
  readonly summary: string;
  /** What the record key holds, in words; the key decides the partition and therefore the order. */
  readonly key: string;
  readonly partitions: number;
  readonly retentionDays: number;
  /** The services that say it; most topics have one. */
  readonly owners: readonly ServiceName[];
  /** The services that hear it: whom a change of it can break. */
  readonly hearers: readonly ServiceName[];
  readonly version: number;
  readonly schema: Schema;
  /** How the value is stored: chunks are compressed. */
  readonly encoding: 'json' | 'json+zstd';
  /**
   * Values of `part` whose messages are counted, as a series or by what is compared with others' books; `all` where every
   * message is. When one is parked it may be replayed, and never dropped.
   */
  readonly keptParts: readonly string[] | 'all';
}

/** The message of a topic. */
export type MessageOf<T extends Topic> = z.infer<T['schema']>;

const defaults = { partitions: 12, retentionDays: 14, version: 1, encoding: 'json', keptParts: [] } as const;

/** Declares a topic with the house's defaults: 12 partitions, 14 days, version 1, plain JSON. */
export function defineTopic<Schema extends z.ZodType>(
  topic: Pick<Topic<Schema>, 'name' | 'summary' | 'key' | 'owners' | 'hearers' | 'schema'> & Partial<Topic<Schema>>,
): Topic<Schema> {
  return { ...defaults, ...topic };
}

/** The partition key of a message that concludes a series rather than belonging to one key. */
export function closingKey(of: string): string {
  return `closing:${of}`;
}
