import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  type DockerKafka,
  imagePresent,
  type JvmKafka,
  javaAndMavenPresent,
  startDockerKafka,
  startJvmKafka,
} from '@wewrite/local-stack';
import { type Broker, createLog, type KitConfig, kafkaBroker, memoryBroker, sharedBroker } from '@wewrite/service-kit';
import type { CliConfig, KafkaChoice } from '../config.ts';
import { EnvironmentFault, UsageFault } from '../exit-codes.ts';
import { outsidePart, type Part } from './part.ts';

/** A broker that runs. */
export interface KafkaPart extends Part {
  readonly kind: 'external' | 'docker' | 'jvm' | 'memory';
  /** `host:port`; null for the in-process broker. */
  readonly brokers: readonly string[] | null;
  /** Put before topic and group names, so that a demo begins with empty topics on somebody else's broker. */
  readonly topicPrefix: string;
  /** A connection for one service in this process. */
  openBroker(config: Pick<KitConfig, 'LOG_LEVEL' | 'LOG_FILE'>, service: string): Broker;
}

/** Where a broker of ours keeps things. */
export interface KafkaOptions {
  readonly directory: string;
  /** Jars are shared by all runs. */
  readonly jarsDirectory: string;
  readonly persistent: boolean;
  readonly say: (sentence: string) => void;
}

/** A broker that was chosen and not started yet. */
export interface KafkaPlan {
  readonly kind: KafkaPart['kind'];
  start(options: KafkaOptions): Promise<KafkaPart>;
}

/**
 * What was asked for with `--kafka`, else `KAFKA_BROKERS`, else a container where Docker answers and has the image, else a
 * JVM broker where Java and Maven are, else the one in this process. Throws a UsageFault or {@link EnvironmentFault} that says what to do.
 */
export async function chooseKafka(
  config: CliConfig,
  { wanted, oneProcess, say }: { wanted: KafkaChoice | null; oneProcess: boolean; say: KafkaOptions['say'] },
): Promise<KafkaPlan> {
  if (wanted?.kind === 'external') return outsideKafka(wanted.brokers, 'as --kafka says');
  if (wanted?.kind === 'memory') {
    if (!oneProcess) throw new UsageFault(`--kafka memory: ${notShared}.`);
    return memoryKafka('as --kafka says');
  }
  if (wanted === null && config.kafkaBrokers !== null) {
    return outsideKafka(config.kafkaBrokers, 'because KAFKA_BROKERS is set');
  }
  if (wanted?.kind !== 'jvm') {
    const image = await imagePresent(config.kafkaImage, say);
    if (image.ok) return dockerKafka(config.kafkaImage, wanted === null ? 'because Docker answers' : 'as --kafka says');
    if (wanted !== null) {
      throw new EnvironmentFault(`kafka: --kafka docker: ${image.reason}. Take jvm, memory or HOST:PORT instead.`);
    }
  }
  const java = await javaAndMavenPresent();
  if (java.ok) return jvmKafka(wanted === null ? 'because Java and Maven are there' : 'as --kafka says');
  if (wanted !== null) {
    throw new EnvironmentFault(
      `kafka: --kafka jvm needs Java 17 and Maven, but ${java.reason}. Install it, or take memory.`,
    );
  }
  if (!oneProcess) throw new EnvironmentFault(`kafka: ${java.reason} and KAFKA_BROKERS is not set, and ${notShared}.`);
  return memoryKafka(`because ${java.reason} and KAFKA_BROKERS is not set`);
}

const notShared = 'a broker inside this process cannot be shared by --processes each: take another --kafka';

function outsideKafka(brokers: readonly string[], why: string): KafkaPlan {
  return { kind: 'external', start: (options) => connectOutside(brokers, why, options) };
}

async function connectOutside(brokers: readonly string[], why: string, options: KafkaOptions): Promise<KafkaPart> {
  const probe = kafkaBroker({ brokers, clientId: 'wewrite.cli' });
  try {
    await probe.ping();
  } catch (error) {
    const reason = `kafka: no broker answers at ${brokers.join(',')}: start it, or choose another with --kafka.`;
    throw new EnvironmentFault(reason, { cause: error });
  } finally {
    void probe.close().catch(() => undefined);
  }
  const topicPrefix = options.persistent ? '' : `demo-${randomBytes(4).toString('hex')}.`;
  const topics = topicPrefix === '' ? '' : `; its topics begin with ${topicPrefix} and stay there`;
  return {
    ...outsidePart('kafka', `Kafka at ${brokers.join(',')}, ${why}${topics}`),
    kind: 'external',
    brokers,
    topicPrefix,
    openBroker: kafkaConnections(brokers),
  };
}

function jvmKafka(why: string): KafkaPlan {
  return { kind: 'jvm', start: (options) => startJvm(why, options) };
}

async function startJvm(why: string, options: KafkaOptions): Promise<KafkaPart> {
  const kafka = await startJvmKafka({
    directory: join(options.directory, 'kafka'),
    jarsDirectory: options.jarsDirectory,
    persistent: options.persistent,
    log: options.say,
  });
  return ownKafka(kafka, { kind: 'jvm', choice: `Apache Kafka 4 on the JVM at ${kafka.brokers.join(',')}, ${why}` });
}

function dockerKafka(image: string, why: string): KafkaPlan {
  return { kind: 'docker', start: (options) => startInDocker(image, why, options) };
}

async function startInDocker(image: string, why: string, { directory, persistent }: KafkaOptions): Promise<KafkaPart> {
  const kafka = await startDockerKafka({ directory: join(directory, 'kafka-container'), image, persistent });
  const choice = `${image} in a container at ${kafka.brokers.join(',')}, ${why}`;
  return ownKafka(kafka, { kind: 'docker', choice });
}

function ownKafka(kafka: JvmKafka | DockerKafka, what: Pick<KafkaPart, 'kind' | 'choice'>): KafkaPart {
  return {
    name: 'kafka',
    ...what,
    brokers: kafka.brokers,
    topicPrefix: '',
    openBroker: kafkaConnections(kafka.brokers),
    pid: () => kafka.pid,
    onDeath: (callback) =>
      kafka.onExit(({ wanted, code, signal }) => {
        if (!wanted) callback(`it ended with ${code ?? signal}`);
      }),
    restart: () => kafka.restart(),
    stop: () => kafka.stop(),
  };
}

function memoryKafka(why: string): KafkaPlan {
  const start = async (): Promise<KafkaPart> => {
    const broker = memoryBroker();
    return {
      ...outsidePart('kafka', `a broker inside this process, ${why}: its log dies with the process`),
      kind: 'memory',
      brokers: null,
      topicPrefix: '',
      openBroker: () => sharedBroker(broker),
      stop: () => broker.close(),
    };
  };
  return { kind: 'memory', start };
}

function kafkaConnections(brokers: readonly string[]): KafkaPart['openBroker'] {
  return (config, service) =>
    kafkaBroker({
      brokers,
      clientId: `wewrite.${service}`,
      log: createLog({ service, level: config.LOG_LEVEL, file: config.LOG_FILE }),
    });
}
