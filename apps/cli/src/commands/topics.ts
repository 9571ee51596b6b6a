import { topics } from '@wewrite/contracts';
import { type Broker, kafkaBroker } from '@wewrite/service-kit';
import { type Command, Option } from 'commander';
import { readConfig } from '../config.ts';
import { EnvironmentFault, RunFailure } from '../exit-codes.ts';

interface TopicsOptions {
  readonly brokers?: string;
  readonly json: boolean;
}

/** `wewrite topics apply|check`: the topics of the contracts against those of a broker. */
export function addTopicsCommand(program: Command): void {
  const command = program.command('topics').description('the topics that a broker has to have');
  for (const [name, description, action] of [
    ['apply', 'create what is missing and wait for its leaders', apply],
    ['check', 'say what is missing; code 1 when something is', check],
  ] as const) {
    command
      .command(name)
      .description(description)
      .addOption(new Option('--brokers <HOST:PORT,…>', 'instead of KAFKA_BROKERS'))
      .option('--json', 'as JSON', false)
      .action((options: TopicsOptions) => atBroker(options, action));
  }
}

async function atBroker(
  { brokers, json }: TopicsOptions,
  action: (broker: Broker, json: boolean) => Promise<void>,
): Promise<void> {
  const addresses = brokers?.split(',') ?? readConfig().kafkaBrokers;
  if (addresses === null) throw new EnvironmentFault('topics: set KAFKA_BROKERS, or give --brokers.');
  const broker = kafkaBroker({ brokers: addresses, clientId: 'wewrite.cli' });
  try {
    await broker.ping().catch((error: unknown) => {
      throw new EnvironmentFault(`topics: no broker answers at ${addresses.join(',')}.`, { cause: error });
    });
    await action(broker, json);
  } finally {
    await broker.close();
  }
}

async function apply(broker: Broker, json: boolean): Promise<void> {
  await broker.createTopics(topics);
  const names = topics.map(({ name }) => name);
  process.stdout.write(json ? `${JSON.stringify({ present: names })}\n` : `${names.length} topics are there\n`);
}

async function check(broker: Broker, json: boolean): Promise<void> {
  const missing: string[] = [];
  for (const { name } of topics) {
    // The lag of a group can only be told of a topic that exists.
    await broker.lag('wewrite.cli', [name]).catch(() => missing.push(name));
  }
  if (json) process.stdout.write(`${JSON.stringify({ missing })}\n`);
  else process.stdout.write(missing.length === 0 ? 'nothing is missing\n' : `missing: ${missing.join(', ')}\n`);
  if (missing.length > 0) throw new RunFailure('topics: run wewrite topics apply.');
}
