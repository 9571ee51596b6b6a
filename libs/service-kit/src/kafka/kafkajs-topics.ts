import type { Admin } from 'kafkajs';
import type { Broker } from './broker.ts';
import { allOf, type Connection } from './kafkajs-connection.ts';
import { endsOf } from './kafkajs-offsets.ts';
import { patiently } from './kafkajs-patience.ts';

const millisecondsPerDay = 86_400_000;
const createTimeoutMs = 30_000;

/** Creates what is missing and waits until each partition's leader answers. */
export async function createTopics(admin: Admin, topics: Parameters<Broker['createTopics']>[0]): Promise<void> {
  if (topics.length === 0) return;
  await admin.createTopics({
    topics: topics.map(({ name, partitions, retentionDays }) => ({
      topic: name,
      numPartitions: partitions,
      configEntries: [{ name: 'retention.ms', value: String(retentionDays * millisecondsPerDay) }],
    })),
    timeout: createTimeoutMs,
    // kafkajs waits only when no topic was there before, and only until leaders are named: one that is named may not
    // know of its office yet, and refuses records.
    waitForLeaders: false,
  });
  const ends = topics.map(({ name }) => patiently(['UNKNOWN_TOPIC_OR_PARTITION'], () => endsOf(admin, name)));
  await allOf(ends);
}

/** Reads partition counts and remembers them: they never change, since more partitions would send a key elsewhere. */
export function partitionCounts(admin: Connection<Admin>) {
  const known = new Map<string, number>();
  return async (names: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> => {
    const unknown = [...names].filter((name) => !known.has(name));
    if (unknown.length > 0) {
      const { topics } = await admin.use((client) => client.fetchTopicMetadata({ topics: unknown }));
      for (const { name, partitions } of topics) known.set(name, partitions.length);
    }
    return known;
  };
}
