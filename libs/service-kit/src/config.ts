import { z } from 'zod';

const portSchema = z.coerce.number().int().min(0).max(65_535);

/**
 * What every process that answers HTTP reads: the gateway needs no more. `defaultPort` is the public port, the admin port
 * is 1000 above.
 */
export function serverEnvironment(defaultPort: number) {
  return z.object({
    NODE_ENV: z.enum(['production', 'development', 'test']).default('development'),
    HOST: z.string().default('127.0.0.1'),
    PORT: portSchema.default(defaultPort),
    ADMIN_PORT: portSchema.default(defaultPort + 1000),
    JWKS_FILE: z.string().optional(),
    JWKS_URL: z.url().optional(),
    JWT_ISSUER: z.string().optional(),
    JWT_AUDIENCE: z.string().optional(),
    LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
    LOG_FILE: z.string().optional(),
    OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
    /** Without an OTLP endpoint, spans are appended here as JSON lines. */
    TRACES_FILE: z.string().optional(),
  });
}

/** What every service that owns a schema reads; it adds its own fields with `.extend`. */
export function kitEnvironment(defaultPort: number) {
  return serverEnvironment(defaultPort).extend({
    DATABASE_URL: z.url(),
    DATABASE_CONNECTIONS: z.coerce.number().int().min(3).max(100).default(10),
    KAFKA_BROKERS: z
      .string()
      .min(1)
      .transform((text) => text.split(',')),
    /** Put before every topic and group name, so that tests share a broker. */
    TOPIC_PREFIX: z.string().default(''),
    /** Where the steered clock is read and registered for; absent: real time. Refused in production. */
    CLOCK_URL: z.url().optional(),
  });
}

export type ServerConfig = z.infer<ReturnType<typeof serverEnvironment>>;
export type KitConfig = z.infer<ReturnType<typeof kitEnvironment>>;

/** The environment is not what the service needs; the message lists every fault at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Parses the environment once, at start. Throws a {@link ConfigError} that names every variable at fault. */
export function parseEnvironment<Schema extends z.ZodType<ServerConfig>>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): z.infer<Schema> {
  const parsed = schema.safeParse(environment);
  if (!parsed.success) throw new ConfigError(`configuration:\n${z.prettifyError(parsed.error)}`);
  const faults = kitFaults(parsed.data);
  if (faults.length > 0) throw new ConfigError(`configuration:\n${faults.join('\n')}`);
  return parsed.data;
}

function kitFaults(config: ServerConfig & { CLOCK_URL?: string | undefined }): string[] {
  const faults: string[] = [];
  if ((config.JWKS_FILE === undefined) === (config.JWKS_URL === undefined)) {
    faults.push('✖ set exactly one of JWKS_FILE and JWKS_URL');
  }
  if (config.NODE_ENV === 'production' && config.CLOCK_URL !== undefined) {
    faults.push('✖ CLOCK_URL steers business time and is refused in production');
  }
  return faults;
}
