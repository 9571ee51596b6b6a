import type { KitConfig } from './config.ts';
import { parseEnvironment } from './config.ts';
import type { Database } from './database.ts';
import { createServer } from './http/server.ts';
import { withOperator } from './obey-operator.ts';
import { openContext } from './run.ts';
import type { ServiceDefinition } from './service.ts';

/** What a service is to others. */
export interface ServiceDescription {
  /** The names of the topics that it hears. */
  readonly hears: readonly string[];
  /** The OpenAPI 3.1 document of its routes, as it serves it at `/openapi.json`. */
  readonly openApi: object;
}

/**
 * Describes a service without running it: nothing is connected to, listened to or started. The environment has to parse,
 * but what it names need not be there. Throws a ConfigError when the environment is wrong.
 */
export async function describeService<Config extends KitConfig, Schema>(
  definition: ServiceDefinition<Config, Schema>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ServiceDescription> {
  const config = parseEnvironment(definition.environment, environment);
  const context = await openContext(definition, config, { loops: new Map() });
  const parts = definition.create(context);
  const server = await createServer({
    service: definition.name,
    version: definition.version,
    verifyToken: () => Promise.reject(new Error('a description answers nobody')),
    telemetry: context.telemetry,
    log: context.log,
    answers: { database: context.database as Database<unknown>, time: context.time },
    routes: parts.routes,
  });
  try {
    const hearings = withOperator({ ...context, service: definition.name, hearings: parts.hearings ?? [] });
    return { hears: hearings.map(({ topic }) => topic.name), openApi: server.swagger() };
  } finally {
    await server.close();
    await context.telemetry.shutdown();
    await context.database.close();
  }
}
