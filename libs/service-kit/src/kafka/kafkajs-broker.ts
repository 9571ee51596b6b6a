import './kafkajs-request-queue.ts';
import { Kafka, Partitioners, type RetryOptions, type TopicMessages } from 'kafkajs';
import type { Broker, OutgoingRecord } from './broker.ts';
import { connectionOf } from './kafkajs-connection.ts';
import { kafkajsLog } from './kafkajs-log.ts';
import { KafkajsMember, type MemberOptions } from './kafkajs-member.ts';
import { lagOf } from './kafkajs-offsets.ts';
import { createTopics, partitionCounts } from './kafkajs-topics.ts';
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

const pingTimeoutMs = 5_000;

/** Quick at first, for a broker that has just come up; ends after about 10 s. kafkajs's own differ under NODE_ENV=test. */
const retry: RetryOptions = { initialRetryTime: 100, multiplier: 2, factor: 0.2, maxRetryTime: 3_000, retries: 7 };

/** Kafka through kafkajs 2.2.4, the only place that knows it. It connects when it is first used. */
export function kafkaBroker(options: KafkaBrokerOptions): Broker {
  const { log = silentLog, stalledAfterMs = 60_000 } = options;
  const newClient = () => kafkajsClient(options, log);
  const shared = newClient();
  const admin = connectionOf(shared.admin({ retry }));
  const producer = connectionOf(
    shared.producer({
      // Every record names its partition, chosen by our murmur2; naming kafkajs's default silences its warning.
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      // A request that is tried again would else be overtaken by the next one.
      maxInFlightRequests: 1,
      retry,
    }),
  );
  const countsOf = partitionCounts(admin);
  const members = new Set<KafkajsMember>();
  let closed = false;

  return {
    kind: 'kafka',
    createTopics: (topics) => admin.use((client) => createTopics(client, topics)),
    async send(records) {
      if (records.length === 0) return;
      const counts = await countsOf(new Set(records.map(({ topic }) => topic)));
      const requests = produceRequests(records.map((record) => placed(record, counts)));
      await producer.use(async ({ sendBatch }) => {
        for (const request of requests) await sendBatch({ acks: -1, topicMessages: byTopic(request) });
      });
    },
    async subscribe(subscription) {
      if (closed) throw new Error('the broker is closed');
      const { groupId, topics } = subscription;
      const lag: MemberOptions['lag'] = (counts) => admin.use((client) => lagOf(client, groupId, topics, counts));
      const member = new KafkajsMember({ newClient, retry, subscription, log, stalledAfterMs, lag });
      members.add(member);
      await member.start();
      return member;
    },
    lag: (groupId, topics) => admin.use((client) => lagOf(client, groupId, topics)),
    async ping() {
      await within(
        pingTimeoutMs,
        admin.use((client) => client.describeCluster()),
      );
    },
    async close() {
      closed = true;
      await Promise.all([...members].map((member) => member.stop()));
      await Promise.all([producer.close(), admin.close()]);
    },
  };
}

function kafkajsClient({ brokers, clientId }: KafkaBrokerOptions, log: BrokerLog): Kafka {
  return new Kafka({ brokers: [...brokers], clientId, retry, connectionTimeout: 3_000, logCreator: kafkajsLog(log) });
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
