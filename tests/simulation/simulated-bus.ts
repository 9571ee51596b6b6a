import { topics } from '@wewrite/contracts';
import {
  type Broker,
  type IncomingRecord,
  type OutgoingRecord,
  partitionOf,
  type Subscription,
} from '@wewrite/service-kit';
import type { Faults } from './faults.ts';
import { Death, type Life } from './life.ts';
import type { Chance } from './population/chance.ts';
import type { Source, Step } from './scheduler.ts';
import { earlier, type SimulatedTime } from './simulated-time.ts';

/** Kafka as a scheduler drives it: nothing is delivered but by a step. */
export interface SimulatedBus extends Source {
  /** The bus as one instance reaches it. */
  brokerFor(life: Life): Broker;
  /** Nothing is paused or cut off any more. */
  heal(): void;
  /** How many records of each topic were stored. */
  readonly counts: ReadonlyMap<string, number>;
}

interface StoredRecord {
  readonly record: IncomingRecord;
  readonly storedAtMs: number;
}

interface Partition {
  readonly name: string;
  readonly topic: string;
  readonly retentionMs: number;
  readonly log: StoredRecord[];
  /** Of the groups that read it. */
  readonly places: Place[];
}

interface Member {
  readonly life: Life;
  readonly subscription: Subscription;
}

/** How far a group has read one partition. */
interface Place {
  readonly groupId: string;
  readonly partition: Partition;
  committed: number;
  notBeforeMs: number;
}

const dayMs = 24 * 60 * 60 * 1_000;
/** At most so much of what a partition holds is read again at once. */
const mostReplayed = 0.3;
const longestPauseMs = 20_000;
const networkPartitionMs = 60_000;

/** The bus of one world, with the topics of the contracts. */
export function simulatedBus({ time, faults, chance }: Drawn): SimulatedBus {
  const partitions = new Map(topics.map((topic) => [topic.name, partitionsOf(topic)]));
  const places = new Map<string, Place>();
  /** Those with something to read, and some that have read it meanwhile. */
  const behind = new Set<Place>();
  const members = new Map<string, Set<Member>>();
  /** Services that do not reach the bus, and until when. */
  const cutOff = new Map<string, number>();
  const counts = new Map<string, number>();

  const reaches = (life: Life) => (cutOff.get(serviceOf(life)) ?? 0) <= time.nowMs();
  const partitionsNamed = (topic: string) => {
    const found = partitions.get(topic);
    if (found === undefined) throw new Error(`there is no topic ${topic}`);
    return found;
  };
  const placesOf = (groupId: string, topic: string): readonly Place[] =>
    partitionsNamed(topic).map((partition) => {
      const key = `${groupId} ${partition.name}`;
      const known = places.get(key);
      if (known !== undefined) return known;
      const place = { groupId, partition, committed: 0, notBeforeMs: 0 };
      places.set(key, place);
      partition.places.push(place);
      return place;
    });
  const store = (record: OutgoingRecord) => {
    const all = partitionsNamed(record.topic);
    const number = partitionOf(record.key, all.length);
    const partition = all[number];
    if (partition === undefined) throw new Error(`${record.topic} has no partition ${number}`);
    const offset = BigInt(partition.log.length);
    partition.log.push({ record: { ...record, partition: number, offset }, storedAtMs: time.nowMs() });
    for (const place of partition.places) behind.add(place);
    counts.set(record.topic, (counts.get(record.topic) ?? 0) + 1);
  };
  const send = async (life: Life, records: readonly OutgoingRecord[]) => {
    life.assertAlive();
    if (!reaches(life) || life.endsAt('before_send')) throw new Death('the bus is not reached');
    if (faults.draw('send_lost')) {
      for (const record of records.slice(0, chance.between(0, records.length - 1))) store(record);
      throw new Death('the bus did not store everything');
    }
    for (const record of records) store(record);
    if (life.endsAt('after_send') || faults.draw('send_reported_lost')) throw new Death('the bus did not answer');
  };
  const membersFor = ({ groupId, partition }: Place) =>
    [...(members.get(groupId) ?? [])].filter(
      ({ life, subscription }) => !life.isOver() && reaches(life) && subscription.topics.includes(partition.topic),
    );
  const waiting = () => {
    for (const place of behind) if (place.committed >= place.partition.log.length) behind.delete(place);
    return [...behind];
  };
  const deliverTo = async (place: Place, readers: readonly Member[]): Promise<string> => {
    if (befalls({ time, faults, chance }, place)) return 'paused';
    const reader = chance.pick(readers);
    if (faults.draw('network_partition')) {
      cutOff.set(serviceOf(reader.life), time.nowMs() + chance.between(1, networkPartitionMs));
      return `${serviceOf(reader.life)} is cut off`;
    }
    return `${reader.life.name} ${await handOver({ time, chance }, place, reader)}`;
  };

  return {
    counts,
    brokerFor: (life) => ({
      kind: 'memory',
      createTopics: async () => undefined,
      send: (records) => send(life, records),
      subscribe: async (subscription) => {
        const member = { life, subscription };
        const group = members.get(subscription.groupId) ?? new Set();
        members.set(subscription.groupId, group.add(member));
        for (const topic of subscription.topics) placesOf(subscription.groupId, topic);
        return { stop: async () => void group.delete(member) };
      },
      lag: async (groupId, wanted) =>
        wanted
          .flatMap((topic) => placesOf(groupId, topic))
          .reduce((behind, { partition, committed }) => behind + partition.log.length - committed, 0),
      ping: async () => life.assertAlive(),
      close: async () => undefined,
    }),
    heal: () => {
      cutOff.clear();
      for (const place of places.values()) place.notBeforeMs = 0;
    },
    steps: () =>
      waiting().flatMap((place): Step[] => {
        if (place.notBeforeMs > time.nowMs()) return [];
        const readers = membersFor(place);
        if (readers.length === 0) return [];
        return [{ name: `bus ${place.groupId} ${place.partition.name}`, run: () => deliverTo(place, readers) }];
      }),
    nextMs: () =>
      [...waiting().map(({ notBeforeMs }) => notBeforeMs), ...cutOff.values()]
        .filter((instantMs) => instantMs > time.nowMs())
        .reduce<number | null>((next, instantMs) => earlier(next, instantMs), null),
    outstanding: async () =>
      waiting().map(({ groupId, partition, committed }) => `${groupId} ${partition.name} at ${committed}`),
  };
}

interface Drawn {
  readonly time: SimulatedTime;
  readonly faults: Faults;
  readonly chance: Chance;
}

function partitionsOf({ name, partitions, retentionDays }: (typeof topics)[number]): readonly Partition[] {
  return Array.from({ length: partitions }, (_, number) => {
    return { name: `${name}[${number}]`, topic: name, retentionMs: retentionDays * dayMs, log: [], places: [] };
  });
}

/** All instances of a service are cut off together: it is their network. */
function serviceOf({ name }: Life): string {
  return name.slice(0, name.indexOf('.'));
}

/** True when the partition rests now; it may also be read again, from a place before what has been committed. */
function befalls({ time, faults, chance }: Drawn, place: Place): boolean {
  if (faults.draw('partition_paused')) {
    place.notBeforeMs = time.nowMs() + chance.between(1, longestPauseMs);
    return true;
  }
  if (faults.draw('replay')) {
    const { log, retentionMs } = place.partition;
    const kept = log.findIndex(({ storedAtMs }) => storedAtMs > time.nowMs() - retentionMs);
    const furthest = Math.max(kept, place.committed - Math.ceil(mostReplayed * log.length));
    place.committed = Math.min(place.committed, chance.between(furthest, Math.max(furthest, place.committed)));
  }
  return false;
}

/** Delivers the next records, and commits what is done: whoever dies before that is followed by whoever gets them again. */
async function handOver(
  { time, chance }: Pick<Drawn, 'time' | 'chance'>,
  place: Place,
  { life, subscription }: Member,
): Promise<string> {
  const most = Math.min(subscription.maxRecords, place.partition.log.length - place.committed);
  const count = chance.percent(50) ? most : chance.between(1, most);
  const records = place.partition.log.slice(place.committed, place.committed + count).map(({ record }) => record);
  const { doneCount, retryAfterMs } = await subscription.onBatch(records);
  if (life.isOver() || life.endsAt('before_acknowledge')) return `dies at ${place.committed}+${count}`;
  const outcome = `takes ${place.committed}+${doneCount} of ${count}`;
  place.committed += doneCount;
  if (doneCount < count) place.notBeforeMs = time.nowMs() + retryAfterMs;
  life.endsAt('after_acknowledge');
  return outcome;
}
