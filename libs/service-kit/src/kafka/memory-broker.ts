import type { Broker, OutgoingRecord } from './broker.ts';
import { type BrokerLog, silentLog } from './log.ts';
import { MemoryGroup, type PartitionLog } from './memory-group.ts';
import { partitionOf } from './murmur2.ts';
import { recordBytes } from './produce-requests.ts';

/**
 * Kafka in this process: the same partitions, order, groups and redelivery, without a server. Its log is in the object
 * that is returned, so services that are to hear one another share one; `close()` ends it for all of them.
 */
export function memoryBroker({ log = silentLog }: { log?: BrokerLog } = {}): Broker {
  const topics = new Map<string, readonly PartitionLog[]>();
  const groups = new Map<string, MemoryGroup>();
  let closed = false;

  function assertOpen(): void {
    if (closed) throw new Error('the broker is closed');
  }

  function partitionsOf(topic: string): readonly PartitionLog[] {
    const partitions = topics.get(topic);
    if (!partitions) throw new Error(`there is no topic ${topic}`);
    return partitions;
  }

  function groupOf(groupId: string): MemoryGroup {
    assertOpen();
    const group = groups.get(groupId) ?? new MemoryGroup(partitionsOf, log);
    groups.set(groupId, group);
    return group;
  }

  /** Everything that can fail comes first: a send that rejects has stored nothing. */
  function place(record: OutgoingRecord): () => void {
    const partitions = partitionsOf(record.topic);
    const partition = partitionOf(record.key, partitions.length);
    const partitionLog = partitions[partition];
    if (!partitionLog) throw new Error(`${record.topic} has no partition ${partition}`);
    recordBytes(record);
    return () => {
      const { topic, key } = record;
      // A copy, as the network makes one: the sender may use its buffer again.
      const bytes = { value: Buffer.from(record.value), headers: { ...record.headers } };
      partitionLog.push({ topic, key, ...bytes, partition, offset: BigInt(partitionLog.length) });
    };
  }

  return {
    kind: 'memory',
    async createTopics(wanted) {
      assertOpen();
      for (const { name, partitions } of wanted) {
        if (!topics.has(name))
          topics.set(
            name,
            Array.from({ length: partitions }, () => []),
          );
      }
    },
    async send(records) {
      assertOpen();
      for (const store of records.map(place)) store();
      for (const group of groups.values()) group.wake();
    },
    async subscribe(subscription) {
      return groupOf(subscription.groupId).join(subscription);
    },
    async lag(groupId, lagTopics) {
      return groupOf(groupId).lag(lagTopics);
    },
    async ping() {
      assertOpen();
    },
    async close() {
      closed = true;
      await Promise.all([...groups.values()].map((group) => group.close()));
    },
  };
}
