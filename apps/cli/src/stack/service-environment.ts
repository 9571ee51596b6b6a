import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from '@wewrite/contracts';
import { type DatabaseUrls, developmentAudience, developmentIssuer } from '@wewrite/local-stack';
import type { CliConfig, EscrowChoice } from '../config.ts';
import type { KafkaPart } from './kafka-part.ts';
import type { ComponentName, StackPorts } from './ports.ts';
import type { WebhookSecrets } from './webhook-endpoints.ts';

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything that a component's environment is made of. */
export interface Surroundings {
  readonly config: CliConfig;
  readonly directory: string;
  /** Null where traces go to a collector. */
  readonly tracesFile: string | null;
  readonly ports: StackPorts;
  readonly databases: Readonly<Record<ServiceName, DatabaseUrls>>;
  readonly kafka: Pick<KafkaPart, 'brokers' | 'topicPrefix'>;
  readonly jwksFile: string;
  /** Null where Stripe is the real one, whose settings the services read from the inherited environment. */
  readonly sandbox: {
    readonly url: string;
    readonly secretKey: string;
    readonly webhooks: WebhookSecrets;
    readonly storageAccountId: string;
  } | null;
  readonly escrow: EscrowChoice;
  readonly lineKeySecret: string;
  /** Set while somebody else decides when months are closed. */
  readonly closeCron: string | null;
}

/** A component's whole environment: what this process has, with what the stack decides over it. */
export function environmentOf(name: ComponentName, surroundings: Surroundings): Environment {
  const { config, ports, directory } = surroundings;
  const own = ports.components[name];
  const shared: Environment = {
    ...config.inherited,
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: String(own.port),
    ADMIN_PORT: String(own.adminPort),
    JWKS_FILE: surroundings.jwksFile,
    JWKS_URL: undefined,
    JWT_ISSUER: developmentIssuer,
    JWT_AUDIENCE: developmentAudience,
    LOG_FILE: logFileOf(directory, name),
    TRACES_FILE: surroundings.tracesFile ?? undefined,
  };
  return name === 'gateway'
    ? { ...shared, ...upstreams(ports) }
    : { ...shared, ...serviceSettings(name, surroundings), DATABASE_URL: surroundings.databases[name].appUrl };
}

/** Where a component logs. */
export function logFileOf(directory: string, name: ComponentName): string {
  return join(directory, 'logs', `${name}.log`);
}

/** A secret of this stack, made at the first call and kept in the directory. */
export function keptSecret(directory: string, name: string): string {
  const file = join(directory, name);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}

function serviceSettings(name: ServiceName, { kafka, sandbox, ...more }: Surroundings): Environment {
  return {
    KAFKA_BROKERS: kafka.brokers?.join(',') ?? 'memory',
    TOPIC_PREFIX: kafka.topicPrefix,
    CLOCK_URL: sandbox?.url,
    ESCROW: more.escrow,
    ...(sandbox === null ? {} : stripeSettings(sandbox)),
    ...(name === 'earnings' ? { LINE_KEY_SECRET: more.lineKeySecret } : {}),
    ...(name === 'allocations' && more.closeCron !== null ? { CLOSE_CRON: more.closeCron } : {}),
  };
}

/** The variables by which services reach a sandbox. */
export function stripeSettings({
  url,
  secretKey,
  webhooks,
  storageAccountId,
}: NonNullable<Surroundings['sandbox']>): Readonly<Record<string, string>> {
  return {
    STRIPE_SECRET_KEY: secretKey,
    STRIPE_API_URL: url,
    STRIPE_WEBHOOK_SECRET: webhooks.platform,
    STRIPE_CONNECT_WEBHOOK_SECRET: webhooks.connect,
    STRIPE_V2_WEBHOOK_SECRET: webhooks.thin,
    STRIPE_FINANCIAL_ACCOUNT_ID: storageAccountId,
    // The sandbox has no limit.
    STRIPE_REQUESTS_PER_SECOND: '0',
  };
}

function upstreams({ components }: StackPorts): Environment {
  const url = (name: ServiceName) => `http://127.0.0.1:${components[name].port}`;
  return {
    ALLOCATIONS_URL: url('allocations'),
    BILLING_URL: url('billing'),
    EARNINGS_URL: url('earnings'),
    PAYOUTS_URL: url('payouts'),
    MONITORING_URL: url('monitoring'),
  };
}
