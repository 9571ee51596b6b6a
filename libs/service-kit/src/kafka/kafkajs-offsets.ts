import type { Admin } from 'kafkajs';
import { patiently } from './kafkajs-patience.ts';

/** Says which partitions of a topic count; all of them when it is left out. */
export type PartitionFilter = (topic: string, partition: number) => boolean;

const coordinatorNotReady = ['GROUP_LOAD_IN_PROGRESS', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR_FOR_GROUP'];

/**
 * How many records of the topics the group has not committed, by what the broker knows. A record sent before the
 * call is never taken for done, whichever of commits and ends is read first.
 */
export async function lagOf(
  admin: Admin,
  groupId: string,
  topics: readonly string[],
  counts: PartitionFilter = () => true,
): Promise<number> {
  const [commits, ends] = await Promise.all([
    patiently(coordinatorNotReady, () => admin.fetchOffsets({ groupId, topics: [...topics] })),
    Promise.all(topics.map(async (topic) => ({ topic, partitions: await admin.fetchTopicOffsets(topic) }))),
  ]);
  const committed = new Map<string, bigint>();
  for (const { topic, partitions } of commits) {
    for (const { partition, offset } of partitions) committed.set(`${partition}/${topic}`, BigInt(offset));
  }
  let behind = 0n;
  for (const { topic, partitions } of ends) {
    for (const { partition, high, low } of partitions.filter((end) => counts(topic, end.partition))) {
      // A group without a commit (-1), or with one older than the log, reads from where the log begins now.
      const commit = committed.get(`${partition}/${topic}`) ?? -1n;
      const next = commit > BigInt(low) ? commit : BigInt(low);
      if (BigInt(high) > next) behind += BigInt(high) - next;
    }
  }
  return Number(behind);
}
