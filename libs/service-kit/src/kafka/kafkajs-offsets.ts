import type { Admin } from 'kafkajs';
import { allOf } from './kafkajs-connection.ts';
import { patiently } from './kafkajs-patience.ts';

/** Says which partitions of a topic count; all of them when it is left out. */
export type PartitionFilter = (topic: string, partition: number) => boolean;

const leaderNotReady = ['LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION'];

/** The answers about a group that has just come to be, or of a broker that has just started. */
export const coordinatorNotReady = [
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
];

/**
 * Where each partition of a topic begins and ends, asked of the partitions' leaders; waits while there is none, or a new
 * one that does not know of its office yet, as in the moments after a topic was made.
 */
export async function endsOf(admin: Admin, topic: string) {
  const partitions = await patiently(
    leaderNotReady,
    () => admin.fetchTopicOffsets(topic),
    // An admin of kafkajs keeps the leaders that it has once learnt; only creating topics, were it none, makes it ask.
    () => admin.createTopics({ topics: [], validateOnly: true, waitForLeaders: false }),
  );
  return { topic, partitions };
}

/**
 * How many records of the topics the group has not committed, by what the broker knows. Rejects when a topic is
 * missing.
 */
export async function lagOf(
  admin: Admin,
  groupId: string,
  topics: readonly string[],
  counts: PartitionFilter = () => true,
): Promise<number> {
  // Commits first: this rejects at once when a topic is missing.
  const commits = await patiently(coordinatorNotReady, () => admin.fetchOffsets({ groupId, topics: [...topics] }));
  const ends = await allOf(topics.map((topic) => endsOf(admin, topic)));
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
