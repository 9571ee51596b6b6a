import type { Consumer, IncomingRecord, Subscription } from './broker.ts';
import { handOver, partitionsAtOnce } from './delivery.ts';
import type { BrokerLog } from './log.ts';

/** One partition's records in the order of their offsets: the record at index `n` has offset `n`. */
export type PartitionLog = IncomingRecord[];

/** One partition as a group sees it. There is no position besides the commit: it is moved as soon as a batch is done. */
interface Place {
  readonly log: PartitionLog;
  committed: number;
  owner: Member | undefined;
  /** A batch of it is in a member's hands, also while the group shares its partitions out anew. */
  busy: boolean;
  /** Waits for the end of a `retryAfterMs`. */
  retry: NodeJS.Timeout | undefined;
}

interface Member {
  readonly subscription: Subscription;
  readonly inHand: Set<Promise<void>>;
}

/** A consumer group of the in-process broker: its commits, and its members with the partitions that each one reads. */
export class MemoryGroup {
  readonly #partitionsOf: (topic: string) => readonly PartitionLog[];
  readonly #log: BrokerLog;
  readonly #places = new Map<string, readonly Place[]>();
  /** All places, the longest unserved first: a busy topic does not keep a member from the others. */
  readonly #turns = new Set<Place>();
  readonly #members = new Set<Member>();
  #wake: NodeJS.Immediate | undefined;

  constructor(partitionsOf: (topic: string) => readonly PartitionLog[], log: BrokerLog) {
    this.#partitionsOf = partitionsOf;
    this.#log = log;
  }

  /** Adds a member and shares the partitions out anew. */
  join(subscription: Subscription): Consumer {
    const member: Member = { subscription, inHand: new Set() };
    for (const topic of subscription.topics) this.#placesOf(topic);
    this.#members.add(member);
    this.#rebalance();
    return {
      stop: async () => {
        this.#members.delete(member);
        this.#rebalance();
        await Promise.all(member.inHand);
      },
    };
  }

  /** Records that the group has not committed. */
  lag(topics: readonly string[]): number {
    return topics
      .flatMap((topic) => this.#placesOf(topic))
      .reduce((behind, place) => behind + place.log.length - place.committed, 0);
  }

  /** Looks for work soon: after the current step, so that a sender never runs a receiver's code. */
  wake(): void {
    this.#wake ??= setImmediate(() => {
      this.#wake = undefined;
      for (const place of [...this.#turns]) this.#deliver(place);
    });
  }

  /** Ends all members; resolves when their batches in hand are done. */
  async close(): Promise<void> {
    const inHand = [...this.#members].flatMap((member) => [...member.inHand]);
    this.#members.clear();
    this.#rebalance();
    for (const place of this.#turns) clearTimeout(place.retry);
    await Promise.all(inHand);
  }

  #placesOf(topic: string): readonly Place[] {
    const known = this.#places.get(topic);
    if (known) return known;
    const places = this.#partitionsOf(topic).map((log): Place => {
      return { log, committed: 0, owner: undefined, busy: false, retry: undefined };
    });
    this.#places.set(topic, places);
    for (const place of places) this.#turns.add(place);
    return places;
  }

  /** Round robin, as kafkajs does it: the partitions of each topic in turn over the members that want the topic. */
  #rebalance(): void {
    for (const [topic, places] of this.#places) {
      const members = [...this.#members].filter(({ subscription }) => subscription.topics.includes(topic));
      for (const [index, place] of places.entries()) {
        place.owner = members[index % Math.max(members.length, 1)];
      }
    }
    this.wake();
  }

  #deliver(place: Place): void {
    const { owner } = place;
    if (!owner || place.busy || place.retry || place.committed === place.log.length) return;
    if (owner.inHand.size >= partitionsAtOnce) return;
    place.busy = true;
    this.#turns.delete(place);
    this.#turns.add(place);
    const work = this.#run(place, owner.subscription).finally(() => {
      place.busy = false;
      owner.inHand.delete(work);
      this.wake();
    });
    owner.inHand.add(work);
  }

  async #run(place: Place, { onBatch, maxRecords, groupId }: Subscription): Promise<void> {
    const records = place.log.slice(place.committed, place.committed + maxRecords);
    const outcome = await handOver(onBatch, records, (error) => {
      this.#log.error({ err: error, groupId, topic: records[0]?.topic }, 'a batch handler threw');
    });
    place.committed += outcome.doneCount;
    if (outcome.doneCount === records.length) return;
    place.retry = setTimeout(() => {
      place.retry = undefined;
      this.wake();
    }, outcome.retryAfterMs);
  }
}
