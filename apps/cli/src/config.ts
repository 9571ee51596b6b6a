import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serviceNames } from '@wewrite/contracts';
import { defaultKafkaImage } from '@wewrite/local-stack';
import { z } from 'zod';
import { EnvironmentFault } from './exit-codes.ts';

const brokersSchema = z
  .string()
  .regex(/^[^\s:,]+:\d+(,[^\s:,]+:\d+)*$/, 'it is HOST:PORT, several separated by commas');
const filled = (text: unknown) => (text === '' ? undefined : text);

const schema = z.object({
  NODE_ENV: z.preprocess(filled, z.enum(['production', 'development', 'test']).default('development')),
  DATABASE_URL: z.preprocess(filled, z.url({ protocol: /^postgres(ql)?$/ }).optional()),
  KAFKA_BROKERS: z.preprocess(filled, brokersSchema.optional()),
  STRIPE_SECRET_KEY: z.preprocess(filled, z.string().optional()),
  ESCROW: z.preprocess(filled, z.enum(['storage', 'connect']).default('storage')),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.preprocess(filled, z.url().optional()),
  KAFKA_IMAGE: z.preprocess(filled, z.string().default(defaultKafkaImage)),
});

/** What the command reads from its environment. */
export interface CliConfig {
  readonly production: boolean;
  /** An administrator's, from which the services' are derived. */
  readonly databaseUrl: string | null;
  /** Passwords by role, from variables such as `BILLING_APP_PASSWORD`: for services whose URLs are written elsewhere. */
  readonly rolePasswords: ReadonlyMap<string, string>;
  readonly kafkaBrokers: readonly string[] | null;
  /** The image of a broker in a container. */
  readonly kafkaImage: string;
  readonly stripeSecretKey: string | null;
  readonly otlpEndpoint: string | null;
  readonly escrow: EscrowChoice;
  /** Everything, for the services, which read their own settings from it. */
  readonly inherited: Readonly<Record<string, string | undefined>>;
}

/** Where everything is kept that the command makes and git ignores; `WEWRITE_DIRECTORY` is another place for it. */
export const stateDirectory = resolve(
  process.env.WEWRITE_DIRECTORY || fileURLToPath(new URL('../../../.wewrite', import.meta.url)),
);

/** Reads the environment once; throws an {@link EnvironmentFault} that names every variable at fault. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): CliConfig {
  const parsed = schema.safeParse(environment);
  if (!parsed.success) throw new EnvironmentFault(`environment:\n${z.prettifyError(parsed.error)}`);
  const { data } = parsed;
  return {
    production: data.NODE_ENV === 'production',
    databaseUrl: data.DATABASE_URL ?? null,
    rolePasswords: rolePasswordsIn(environment),
    kafkaBrokers: data.KAFKA_BROKERS?.split(',') ?? null,
    kafkaImage: data.KAFKA_IMAGE,
    stripeSecretKey: data.STRIPE_SECRET_KEY ?? null,
    otlpEndpoint: data.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    escrow: data.ESCROW,
    inherited: environment,
  };
}

function rolePasswordsIn(environment: CliConfig['inherited']): ReadonlyMap<string, string> {
  const roles = serviceNames.map((service) => `${service}_app`);
  return new Map(
    roles.flatMap((role) => {
      const password = environment[`${role.toUpperCase()}_PASSWORD`];
      return password ? [[role, password] as const] : [];
    }),
  );
}

/** Reads `--kafka`; null for a word that it is not. */
export function parseKafkaChoice(text: string): KafkaChoice | null {
  if (text === 'docker' || text === 'jvm' || text === 'memory') return { kind: text };
  return brokersSchema.safeParse(text).success ? { kind: 'external', brokers: text.split(',') } : null;
}

/** Where writers' money waits: in a storage balance of its own, or in the payments balance. */
export type EscrowChoice = 'storage' | 'connect';

/** Which Kafka was asked for. */
export type KafkaChoice =
  | { readonly kind: 'docker' | 'jvm' | 'memory' }
  | { readonly kind: 'external'; readonly brokers: readonly string[] };
