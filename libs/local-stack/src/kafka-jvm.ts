import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { refuseInProduction } from './config.ts';
import { lockDirectory } from './directory-lock.ts';
import { brokerAnswers } from './kafka-answers.ts';
import { kafkaJars } from './kafka-jars.ts';
import type { Log } from './log.ts';
import { freePort, isTaken } from './ports.ts';
import { type Child, logTail, startChild } from './process.ts';
import { endRecordedProcess } from './process-record.ts';
import { type RestartableChild, restartable } from './restartable-child.ts';
import { until } from './until.ts';

/** Where and how the JVM broker runs. */
export interface JvmKafkaOptions {
  /** For the broker's data and log; made when absent. */
  readonly directory: string;
  /** For the jars, which several brokers can share; default `directory`. */
  readonly jarsDirectory?: string;
  /** Preferred port of 127.0.0.1, stepped over when taken; without it any free one. */
  readonly port?: number;
  /** Whether topics and messages of an earlier run are kept; default no. */
  readonly persistent?: boolean;
  readonly log: Log;
}

/** A running Apache Kafka 4 broker on 127.0.0.1, one node that is its own controller (KRaft). */
export interface JvmKafka extends RestartableChild {
  /** `host:port`, as clients want it. It stays the same over `restart()`, as the data do. */
  readonly brokers: string[];
  /** Ends the broker and gives the directory free. */
  stop(): Promise<void>;
}

interface Ports {
  readonly broker: number;
  readonly controller: number;
}

/**
 * Starts the broker and waits until consumer groups can use it. It ends with this process, however this process ends.
 * Throws when another living process uses the directory, when Maven cannot fetch the jars, and when it does not start.
 */
export async function startJvmKafka(options: JvmKafkaOptions): Promise<JvmKafka> {
  refuseInProduction('The JVM broker');
  const directory = resolve(options.directory);
  mkdirSync(directory, { recursive: true });
  const lock = await lockDirectory(
    directory,
    5_000,
    `${directory} is in use by another running process: stop that one first.`,
  );
  try {
    const jars = await kafkaJars(options.jarsDirectory ?? directory, options.log);
    await endRecordedProcess(recordFileOf(directory));
    prepareData(directory, options.persistent ?? false);
    const { child, ports } = await launch(directory, jars, options.port);
    const broker = restartable(child, () => launchOn(directory, jars, ports));
    return {
      brokers: [`127.0.0.1:${ports.broker}`],
      get pid() {
        return broker.pid;
      },
      onExit: broker.onExit,
      restart: broker.restart,
      stop: async () => {
        await broker.stop();
        if (options.persistent !== true) rmSync(join(directory, 'data'), { recursive: true, force: true });
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

const recordFileOf = (directory: string) => join(directory, 'kafka.json');
const logFileOf = (directory: string) => join(directory, 'kafka.log');

/**
 * An empty data directory needs nothing but the cluster's id for a broker to take it as formatted; the tool that formats
 * would start a JVM of its own to write just that.
 */
function prepareData(directory: string, persistent: boolean): void {
  const data = join(directory, 'data');
  rmSync(logFileOf(directory), { force: true });
  if (!persistent) rmSync(data, { recursive: true, force: true });
  if (existsSync(join(data, 'meta.properties'))) return;
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, 'meta.properties'), 'version=1\nnode.id=1\ncluster.id=wewrite-development-1\n');
}

async function launch(
  directory: string,
  jars: string,
  preferredPort: number | undefined,
): Promise<{ child: Child; ports: Ports }> {
  let preferred = preferredPort;
  for (let attempt = 1; ; attempt++) {
    const broker = await freePort(preferred);
    let controller = await freePort();
    while (controller === broker) controller = await freePort();
    try {
      return { child: await launchOn(directory, jars, { broker, controller }), ports: { broker, controller } };
    } catch (error) {
      // Between our look and the broker's another process may have taken a port.
      if (attempt === 5 || !((await isTaken(broker)) || (await isTaken(controller)))) throw error;
      preferred = preferredPort === undefined ? undefined : broker + 1;
    }
  }
}

async function launchOn(directory: string, jars: string, ports: Ports): Promise<Child> {
  const properties = join(directory, 'server.properties');
  writeFileSync(properties, serverProperties(ports));
  const child = await startChild({
    command: 'java',
    commandArguments: [
      // For a broker that lives for minutes on few cores: the quick compiler and the collector with the fewest threads.
      ...['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
      ...['-cp', join(jars, '*'), 'kafka.Kafka', properties],
    ],
    workingDirectory: directory,
    logFile: logFileOf(directory),
    recordFile: recordFileOf(directory),
    stopTimeoutMs: 15_000,
  });
  const answers = async () => {
    if (child.hasExited()) throw new Error(`The broker ended while starting:\n${logTail(logFileOf(directory))}`);
    return (await brokerAnswers(ports.broker)) ? true : null;
  };
  try {
    await until(`the broker to answer on port ${ports.broker}`, answers, { deadlineMs: 60_000 });
    return child;
  } catch (error) {
    await child.stop();
    throw error;
  }
}

/** Paths are relative to the working directory, so that no character of theirs needs escaping. */
function serverProperties({ broker, controller }: Ports): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${broker},CONTROLLER://127.0.0.1:${controller}
controller.listener.names=CONTROLLER
log.dirs=data
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.cleaner.dedupe.buffer.size=8388608
log.index.size.max.bytes=1048576
`;
}
