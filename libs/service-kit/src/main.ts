import { ConfigError, type KitConfig } from './config.ts';
import { kafkaBroker } from './kafka/index.ts';
import { createLog } from './log.ts';
import { runService } from './run.ts';
import type { RunningService, ServiceDefinition } from './service.ts';

const exitCodes = { drained: 0, failed: 1, environment: 4 } as const;

/**
 * The main program of a service's process: runs it on Kafka with the environment's configuration, prints one JSON line
 * when it is up, drains on SIGTERM and SIGINT, and ends when the parent that started it with an IPC channel ends.
 */
export async function runMain<Config extends KitConfig, Schema>(
  definition: ServiceDefinition<Config, Schema>,
): Promise<void> {
  await endingWithSignals(() =>
    runService(definition, {
      environment: process.env,
      openBroker: (config, service) =>
        kafkaBroker({
          brokers: config.KAFKA_BROKERS,
          clientId: `wewrite.${service}`,
          log: createLog({ service, level: config.LOG_LEVEL, file: config.LOG_FILE }),
        }),
    }),
  );
}

/** Starts something that can be stopped and ties its life to the process's signals and parent. */
export async function endingWithSignals(
  start: () => Promise<Pick<RunningService, 'name' | 'url' | 'adminUrl' | 'crashed' | 'stop'>>,
): Promise<void> {
  const running = await start().catch((error: unknown) => {
    process.stderr.write(`${error instanceof ConfigError ? error.message : (error as Error).stack}\n`);
    process.exit(exitCodes.environment);
  });
  process.stdout.write(`${JSON.stringify({ service: running.name, url: running.url, adminUrl: running.adminUrl })}\n`);
  const end = (code: number) => {
    running.stop().then(
      () => process.exit(code),
      () => process.exit(exitCodes.failed),
    );
  };
  process.once('SIGTERM', () => end(exitCodes.drained));
  process.once('SIGINT', () => end(exitCodes.drained));
  process.once('disconnect', () => end(exitCodes.drained));
  const error = await running.crashed;
  process.stderr.write(`${error.stack ?? error.message}\n`);
  end(exitCodes.failed);
}
