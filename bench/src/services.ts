import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { allocations } from '@wewrite/allocations';
import { billing } from '@wewrite/billing';
import { type ServiceName, serviceNames, topics } from '@wewrite/contracts';
import { earnings } from '@wewrite/earnings';
import { type Child, developmentAudience, developmentIssuer, startChild } from '@wewrite/local-stack';
import { monitoring } from '@wewrite/monitoring';
import { payouts } from '@wewrite/payouts';
import { migrate, type RunnableService, runnable } from '@wewrite/service-kit';
import { z } from 'zod';
import type { BenchDatabase, Servers } from './servers.ts';

const definitions: Readonly<Record<ServiceName, RunnableService>> = {
  allocations: runnable(allocations),
  billing: runnable(billing),
  earnings: runnable(earnings),
  payouts: runnable(payouts),
  monitoring: runnable(monitoring),
};

/** The real services, running on one database. */
export interface Services {
  /** The public address of a service. */
  url(name: ServiceName): string;
  /** By name; all in this process have this process's id. */
  readonly pids: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

/** What the services are started with. */
export interface ServicesOptions {
  readonly servers: Servers;
  readonly database: BenchDatabase;
  /** Each in a process of its own, as in production, or all in this one. */
  readonly processes: 'one' | 'each';
  /** Keeps the topics of one round apart from those of the others. */
  readonly topicPrefix: string;
  readonly directory: string;
}

/** Brings the schemas of all services up to date. */
export async function migrateServices({ urls }: BenchDatabase): Promise<void> {
  for (const name of serviceNames) {
    await migrate({ ownerUrl: urls[name].ownerUrl, schema: name, sources: definitions[name].migrations });
  }
}

/** Starts the five services and waits until each of them takes in messages. */
export async function startServices(options: ServicesOptions): Promise<Services> {
  await createTopics(options);
  mkdirSync(options.directory, { recursive: true });
  const start = options.processes === 'one' ? startInProcess : startAsProcess;
  const started = await Promise.all(serviceNames.map((name) => start(name, options)));
  const urls = new Map(started.map(({ name, url }) => [name, url]));
  return {
    url: (name) => urls.get(name) ?? '',
    pids: Object.fromEntries(
      started.map(({ name, pid }) => [options.processes === 'one' ? 'all services' : name, pid]),
    ),
    stop: async () => {
      await Promise.all(started.map(({ stop }) => stop()));
    },
  };
}

async function createTopics({ servers, topicPrefix }: ServicesOptions): Promise<void> {
  const broker = servers.openBroker('topics');
  try {
    await broker.createTopics(topics.map((topic) => ({ ...topic, name: `${topicPrefix}${topic.name}` })));
  } finally {
    await broker.close();
  }
}

interface Started {
  readonly name: ServiceName;
  readonly url: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

async function startInProcess(name: ServiceName, options: ServicesOptions): Promise<Started> {
  const openBroker = () => options.servers.openBroker(name);
  const running = await definitions[name].run({ environment: environmentOf(name, options), openBroker });
  return { name, url: running.url, pid: process.pid, stop: () => running.stop() };
}

async function startAsProcess(name: ServiceName, options: ServicesOptions): Promise<Started> {
  const source = dirname(fileURLToPath(import.meta.resolve(`@wewrite/${name}`)));
  const logFile = join(options.directory, `${name}.out`);
  rmSync(logFile, { force: true });
  const child = await startChild({
    command: process.execPath,
    commandArguments: ['--import', './src/telemetry.ts', './src/main.ts'],
    workingDirectory: dirname(source),
    environment: environmentOf(name, options),
    logFile,
    recordFile: join(options.directory, `${name}.json`),
  });
  return { name, url: await urlOf(child, logFile), pid: child.pid, stop: () => child.stop() };
}

function environmentOf(name: ServiceName, { servers, database, topicPrefix, directory }: ServicesOptions) {
  return {
    NODE_ENV: 'production',
    PORT: '0',
    ADMIN_PORT: '0',
    DATABASE_URL: database.urls[name].appUrl,
    KAFKA_BROKERS: servers.kafka?.brokers.join(',') ?? 'memory',
    TOPIC_PREFIX: topicPrefix,
    JWKS_FILE: servers.keys.jwksFile,
    JWT_ISSUER: developmentIssuer,
    JWT_AUDIENCE: developmentAudience,
    LOG_LEVEL: 'error',
    LOG_FILE: join(directory, `${name}.log`),
    ESCROW: 'connect',
    STRIPE_SECRET_KEY: 'sk_test_bench',
    STRIPE_API_URL: servers.deafUrl,
    STRIPE_WEBHOOK_SECRET: 'whsec_bench',
    STRIPE_CONNECT_WEBHOOK_SECRET: 'whsec_bench',
    STRIPE_V2_WEBHOOK_SECRET: 'whsec_bench',
    TRANSFER_CONCURRENCY: '2',
    LINE_KEY_SECRET: 'bench-bench-bench-bench-bench-bench',
  };
}

const UpSchema = z.object({ service: z.string(), url: z.url() });
const startTimeoutMs = 60_000;

/** A service prints one line of JSON once it takes in messages. */
async function urlOf(child: Child, logFile: string): Promise<string> {
  const endsAt = performance.now() + startTimeoutMs;
  for (;;) {
    const line = readFileSync(logFile, 'utf8')
      .split('\n')
      .find((text) => text.startsWith('{"service"'));
    if (line !== undefined) return UpSchema.parse(JSON.parse(line)).url;
    if (child.hasExited() || performance.now() > endsAt) {
      await child.stop();
      throw new Error(`a service does not start:\n${readFileSync(logFile, 'utf8')}`);
    }
    await delay(50);
  }
}
