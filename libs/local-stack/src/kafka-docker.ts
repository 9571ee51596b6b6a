import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { refuseInProduction } from './config.ts';
import { lockDirectory } from './directory-lock.ts';
import { brokerAnswers } from './kafka-answers.ts';
import { freePort } from './ports.ts';
import { type Child, logTail, startChild } from './process.ts';
import { endRecordedProcess } from './process-record.ts';
import { type RestartableChild, restartable } from './restartable-child.ts';
import { until } from './until.ts';

/** The broker's image: the same Kafka as the one on the JVM. */
export const defaultKafkaImage = 'apache/kafka:4.1.1';

/** Where and how the broker in a container runs. */
export interface DockerKafkaOptions {
  /** For the log and the record of the process; made when absent. It also names the container and its volume. */
  readonly directory: string;
  readonly image: string;
  /** Whether topics and messages of an earlier run are kept; default no. */
  readonly persistent?: boolean;
}

/** A running Apache Kafka 4 broker in a container, published on 127.0.0.1. */
export interface DockerKafka extends RestartableChild {
  /** `host:port`, as clients want it. It stays the same over `restart()`, as the data do. */
  readonly brokers: readonly string[];
  /** Of the `docker run` that holds the container. */
  readonly pid: number;
  /** Ends the broker, removes its container, and its data unless they are kept. */
  stop(): Promise<void>;
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly port: number;
  readonly directory: string;
}

const docker = promisify(execFile);
const data = '/var/lib/kafka/data';
const clusterId = 'V2VXcml0ZURldmVsb3BtZQ';

/**
 * Starts the broker and waits until consumer groups can use it. It ends with this process: `docker run` is a child, which
 * passes its signal on. A container that outlives even that is removed by the next start, which knows its name.
 */
export async function startDockerKafka(options: DockerKafkaOptions): Promise<DockerKafka> {
  refuseInProduction('The broker in a container');
  const directory = resolve(options.directory);
  mkdirSync(directory, { recursive: true });
  const inUse = `${directory} is in use by another running process: stop that one first.`;
  const lock = await lockDirectory(directory, 5_000, inUse);
  const name = `wewrite-kafka-${createHash('sha256').update(directory).digest('hex').slice(0, 12)}`;
  const container = { name, image: options.image, port: await freePort(), directory };
  const removeData = async () => {
    if (options.persistent !== true) await docker('docker', ['volume', 'rm', '--force', name]);
  };
  try {
    await endRecordedProcess(recordFileOf(directory));
    await removeContainer(name);
    await removeData();
    rmSync(logFileOf(directory), { force: true });
    const broker = restartable(await launch(container), () => launch(container));
    return {
      brokers: [`127.0.0.1:${container.port}`],
      get pid() {
        return broker.pid;
      },
      onExit: broker.onExit,
      restart: broker.restart,
      stop: async () => {
        await broker.stop();
        await removeContainer(name);
        await removeData();
        lock.release();
      },
    };
  } catch (error) {
    await removeData();
    lock.release();
    throw error;
  }
}

const recordFileOf = (directory: string) => join(directory, 'kafka.json');
const logFileOf = (directory: string) => join(directory, 'kafka.log');

/** Without complaint where there is none. */
async function removeContainer(name: string): Promise<void> {
  await docker('docker', ['rm', '--force', '--volumes', name]).catch(() => undefined);
}

async function launch(container: Container): Promise<Child> {
  const { name, image, port, directory } = container;
  // Where only the client was killed, its container still holds the port and the data.
  await removeContainer(name);
  const child = await startChild({
    command: 'docker',
    commandArguments: [
      ...['run', '--rm', '--name', name, '--publish', `127.0.0.1:${port}:${port}`, '--volume', `${name}:${data}`],
      ...Object.entries(settings(port)).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
      image,
    ],
    logFile: logFileOf(directory),
    recordFile: recordFileOf(directory),
    stopTimeoutMs: 20_000,
  });
  const answers = async () => {
    if (child.hasExited()) throw new Error(`The broker ended while starting:\n${logTail(logFileOf(directory))}`);
    return (await brokerAnswers(port)) ? true : null;
  };
  try {
    await until(`the broker in a container to answer on port ${port}`, answers, { deadlineMs: 90_000 });
    return child;
  } catch (error) {
    await child.stop();
    await removeContainer(name);
    throw error;
  }
}

/** The image turns them into the broker's properties. One port inside and outside: the broker is told of one address. */
function settings(port: number): Readonly<Record<string, string>> {
  return {
    CLUSTER_ID: clusterId,
    KAFKA_HEAP_OPTS: '-Xmx512m',
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@127.0.0.1:29093',
    KAFKA_LISTENERS: `PLAINTEXT://0.0.0.0:${port},CONTROLLER://127.0.0.1:29093`,
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
    KAFKA_LOG_DIRS: data,
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '1',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: '1',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
  };
}
