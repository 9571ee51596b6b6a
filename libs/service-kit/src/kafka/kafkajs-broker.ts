import './kafkajs-request-queue.ts';
import { type Admin, Kafka, Partitioners, type RetryOptions, type TopicMessages } from 'kafkajs';
import type { Broker, OutgoingRecord } from './broker.ts';
import { kafkajsLog } from './kafkajs-log.ts';
import { KafkajsMember } from './kafkajs-member.ts';
import { endsOf, lagOf } from './kafkajs-offsets.ts';
import { type BrokerLog, silentLog } from './log.ts';
import { partitionOf } from './murmur2.ts';
import { type PlacedRecord, produceRequests } from './produce-requests.ts';

export interface KafkaBrokerOptions {
  /** `host:port` of some brokers of the cluster. */
  readonly brokers: readonly string[];
  /** What the brokers' logs and quotas know this process by. */
  readonly clientId: string;
  readonly log?: BrokerLog;
  /** How long a consumer with records waiting may stand still before `onCrash`; default a minute. */
  readonly stalledAfterMs?: number;
}

const millisecondsPerDay = 86_400_000;
const createTimeoutMs = 30_000;
const pingTimeoutMs = 5_000;

/** Starts quick, for a broker that has just come up, and ends after about 10 s; set here because kafkajs's own differ under NODE_ENV=test. */
const retry: RetryOptions = { initialRetryTime: 100, multiplier: 2, factor: 0.2, maxRetryTime: 3_000, retries: 7 };

/** Kafka through kafkajs 2.2.4, the only place that knows it. It connects when it is first used. */
export function kafkaBroker(options: KafkaBrokerOptions): Broker {
  const { log = silentLog, stalledAfterMs = 60_000 } = options;
  const client = () => kafkajsClient(options, log);
  const shared = client();
  const admin = connected(shared.admin({ retry }));
  const producer = connected(
    shared.producer({
      // Every record names its partition, chosen by our murmur2; naming kafkajs's default silences its warning.
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      // A request that is tried again would else be overtaken by the next one.
      maxInFlightRequests: 1,
      retry,
    }),
  );
  const countsOf = knownPartitionCounts(admin.use);
  const members = new Set<KafkajsMember>();

  return {
    kind: 'kafka',
    createTopics: async (topics) => createTopics(await admin.use(), topics),
    async send(records) {
      if (records.length === 0) return;
      const counts = await countsOf(new Set(records.map(({ topic }) => topic)));
      const requests = produceRequests(records.map((record) => placed(record, counts)));
      const { sendBatch } = await producer.use();
      for (const request of requests) await sendBatch({ acks: -1, topicMessages: byTopic(request) });
    },
    async subscribe(subscription) {
      const member = new KafkajsMember({
        newClient: client,
        retry,
        subscription,
        log,
        stalledAfterMs,
        lag: async (counts) => lagOf(await admin.use(), subscription.groupId, subscription.topics, counts),
      });
      members.add(member);
      await member.start();
      return member;
    },
    lag: async (groupId, topics) => lagOf(await admin.use(), groupId, topics),
    async ping() {
      const answer = admin.use().then((connectedAdmin) => connectedAdmin.describeCluster());
      await within(pingTimeoutMs, answer);
    },
    async close() {
      await Promise.all([...members].map((member) => member.stop()));
      await Promise.all([producer.disconnect(), admin.disconnect()]);
    },
  };
}

function kafkajsClient({ brokers, clientId }: KafkaBrokerOptions, log: BrokerLog): Kafka {
  return new Kafka({ brokers: [...brokers], clientId, retry, connectionTimeout: 3_000, logCreator: kafkajsLog(log) });
}

interface Connectable {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/** Connects a client at its first use, and again after a failed try. */
function connected<Client extends Connectable>(client: Client) {
  let connecting: Promise<void> | undefined;
  let closed = false;
  return {
    async use(): Promise<Client> {
      if (closed) throw new Error('the broker is closed');
      connecting ??= client.connect();
      try {
        await connecting;
      } catch (error) {
        connecting = undefined;
        throw error;
      }
      return client;
    },
    async disconnect(): Promise<void> {
      closed = true;
      await connecting?.catch(() => undefined);
      await client.disconnect();
    },
  };
}

async function createTopics(admin: Admin, topics: Parameters<Broker['createTopics']>[0]): Promise<void> {
  if (topics.length === 0) return;
  await admin.createTopics({
    topics: topics.map(({ name, partitions, retentionDays }) => ({
      topic: name,
      numPartitions: partitions,
      configEntries: [{ name: 'retention.ms', value: String(retentionDays * millisecondsPerDay) }],
    })),
    timeout: createTimeoutMs,
    // kafkajs waits for leaders only when no topic was there before; it is done here, for all of them.
    waitForLeaders: false,
  });
  await Promise.all(topics.map(({ name }) => endsOf(admin, name)));
}

/** The number of partitions of each topic. Rejects when a topic is missing, or a partition has no leader now. */
async function partitionCounts(admin: Admin, names: string[]): Promise<Map<string, number>> {
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
}

/** Remembers partition counts: they are fixed here, since more partitions would send a key to another one. */
function knownPartitionCounts(useAdmin: () => Promise<Admin>) {
  const known = new Map<string, number>();
  return async (names: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> => {
    const unknown = [...names].filter((name) => !known.has(name));
    if (unknown.length > 0) {
      for (const [name, count] of await partitionCounts(await useAdmin(), unknown)) known.set(name, count);
    }
    return known;
  };
}

function placed(record: OutgoingRecord, counts: ReadonlyMap<string, number>): PlacedRecord {
  const count = counts.get(record.topic);
  if (count === undefined) throw new Error(`there is no topic ${record.topic}`);
  return { ...record, partition: partitionOf(record.key, count) };
}

function byTopic(request: readonly PlacedRecord[]): TopicMessages[] {
  const messages = Map.groupBy(request, ({ topic }) => topic);
  return [...messages].map(([topic, records]) => ({
    topic,
    messages: records.map(({ key, value, headers, partition }) => ({ key, value, headers: { ...headers }, partition })),
  }));
}

async function within<Result>(timeoutMs: number, answer: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`Kafka has not answered within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
