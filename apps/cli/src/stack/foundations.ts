import { join } from 'node:path';
import type { ServiceName } from '@wewrite/contracts';
import type { DatabaseUrls } from '@wewrite/local-stack';
import { type CliConfig, type KafkaChoice, stateDirectory } from '../config.ts';
import { EnvironmentFault } from '../exit-codes.ts';
import { chooseKafka, type KafkaPart } from './kafka-part.ts';
import { outsidePart, type Part } from './part.ts';
import type { StackPorts } from './ports.ts';
import { type PostgresPart, startPostgresPart } from './postgres-part.ts';
import { createTopics, prepareDatabase } from './prepare.ts';
import { type SandboxPart, sandboxSecretKey, startSandboxPart } from './sandbox-part.ts';
import { storageAccount } from './storage-account.ts';
import { sandboxClient, type WebhookSecrets, webhookEndpoints } from './webhook-endpoints.ts';

/** What decides which parts are started, and where they keep things. */
export interface FoundationOptions {
  readonly config: CliConfig;
  /** Where the parts keep what is theirs. */
  readonly directory: string;
  readonly persistent: boolean;
  readonly reset: boolean;
  readonly kafka: KafkaChoice | null;
  readonly oneProcess: boolean;
  /** Where a new sandbox's clock begins. */
  readonly now: Date;
  readonly say: (sentence: string) => void;
}

/** What the services have to know of the sandbox. */
interface PreparedSandbox {
  readonly secretKey: string;
  readonly webhooks: WebhookSecrets;
  readonly storageAccountId: string;
}

/** What services stand on, ready for them: schemas are current, topics are there, webhooks have their secrets. */
export interface Foundations {
  readonly postgres: PostgresPart;
  readonly kafka: KafkaPart;
  /** Null where Stripe is the real one. */
  readonly sandbox: (SandboxPart & PreparedSandbox) | null;
  readonly databases: Readonly<Record<ServiceName, DatabaseUrls>>;
}

/**
 * Starts Postgres, Kafka and the sandbox and prepares them. Each one that runs is told to `onStarted`
 * first, so that it can be stopped when another fails. Throws an {@link EnvironmentFault} that names the part.
 */
export async function startFoundations(
  ports: StackPorts,
  options: FoundationOptions,
  onStarted: (part: Part) => void,
): Promise<Foundations> {
  const { config, oneProcess } = options;
  const plan = await chooseKafka(config, { wanted: options.kafka, oneProcess, say: options.say });
  const persistent = options.persistent && plan.kind !== 'memory';
  if (options.persistent && !persistent) {
    options.say(
      'Nothing is kept from this run: events inside the process die with it, and data without them would lie.',
    );
  }
  const directory = join(options.directory, persistent === options.persistent ? '.' : 'not-kept');
  const common = { directory, persistent, say: options.say };
  const jarsDirectory = join(stateDirectory, 'kafka');
  const [{ postgres, sandbox }, kafka] = await allOrFirstFailure([
    startPostgresAndStripe(ports, options, common, onStarted),
    plan.start({ ...common, jarsDirectory }).then((part) => started(part, onStarted)),
  ]);
  const [{ urls }, , prepared] = await Promise.all([
    prepareDatabase(postgres.adminUrl),
    createTopics(kafka),
    sandbox === null ? null : prepareSandbox(sandbox, ports, join(directory, 'sandbox')),
  ]);
  return {
    postgres,
    kafka,
    sandbox: sandbox === null || prepared === null ? null : { ...sandbox, ...prepared },
    databases: urls,
  };
}

/** Throws an {@link EnvironmentFault} where `NODE_ENV` is `production`: parts of ours keep nothing safe. */
export function refuseInProduction(config: CliConfig, kafka: KafkaChoice | null): void {
  if (!config.production) return;
  const embedded = [
    ...(config.databaseUrl === null ? ['Postgres (set DATABASE_URL)'] : []),
    ...(kafka?.kind === 'external' || config.kafkaBrokers !== null ? [] : ['Kafka (set KAFKA_BROKERS)']),
    ...(config.stripeSecretKey === null ? ['Stripe (set STRIPE_SECRET_KEY)'] : []),
    'the keys of tokens (deploy the services themselves)',
  ];
  throw new EnvironmentFault(`NODE_ENV=production refuses every part for development: ${embedded.join(', ')}.`);
}

/** One after the other: Postgres refuses a directory that another run uses, whose sandbox must not be touched. */
async function startPostgresAndStripe(
  ports: StackPorts,
  options: FoundationOptions,
  common: { directory: string; persistent: boolean; say: (sentence: string) => void },
  onStarted: (part: Part) => void,
): Promise<{ postgres: PostgresPart; sandbox: SandboxPart | null }> {
  const postgres = await startPostgresPart(options.config, { ...common, reset: options.reset });
  onStarted(postgres);
  return { postgres, sandbox: await startStripe(ports, options, common, onStarted) };
}

async function startStripe(
  ports: StackPorts,
  { config, now }: FoundationOptions,
  common: { directory: string; persistent: boolean },
  onStarted: (part: Part) => void,
): Promise<SandboxPart | null> {
  if (config.stripeSecretKey !== null) {
    onStarted(outsidePart('stripe', 'Stripe itself, because STRIPE_SECRET_KEY is set'));
    return null;
  }
  const why = 'because STRIPE_SECRET_KEY is not set';
  await ports.release(ports.sandbox);
  return started(await startSandboxPart({ ...common, port: ports.sandbox, now, why }), onStarted);
}

async function prepareSandbox({ url }: SandboxPart, ports: StackPorts, directory: string): Promise<PreparedSandbox> {
  const billingUrl = `http://127.0.0.1:${ports.components.billing.port}`;
  const stripe = sandboxClient(url, sandboxSecretKey);
  return {
    secretKey: sandboxSecretKey,
    webhooks: await webhookEndpoints(stripe, billingUrl, join(directory, 'webhooks.json')),
    storageAccountId: await storageAccount(stripe, url, join(directory, 'storage.json')),
  };
}

function started<P extends Part>(part: P, onStarted: (part: Part) => void): P {
  onStarted(part);
  return part;
}

/** As `Promise.all`, but waits for all before it throws, so that whoever cleans up knows of every part. */
export async function allOrFirstFailure<Results extends readonly unknown[]>(
  work: readonly [...{ [Index in keyof Results]: Promise<Results[Index]> }],
): Promise<Results> {
  await Promise.allSettled(work);
  return Promise.all(work) as unknown as Promise<Results>;
}
