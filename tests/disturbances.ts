import type { ServiceName } from '@wewrite/contracts';
import type { Broker, IncomingRecord } from '@wewrite/service-kit';
import { Client } from 'pg';
import { seededRandom } from '../apps/cli/src/generate/random.ts';
import type { MonthStory, StoryOptions } from './month-story.ts';

/**
 * A broker at its worst, drawn from a seed: of ten sends one is lost and one is stored and reported as lost, and of ten
 * batches that were handled three are delivered again. `onBatch` is told of each one that begins.
 */
export function unreliableBroker(
  seed: number,
  onBatch: (service: ServiceName) => void,
): NonNullable<StoryOptions['brokerOf']> {
  const random = seededRandom(seed);
  return (service: ServiceName, broker: Broker) => ({
    ...broker,
    send: async (records) => {
      if (random.percent(10)) throw new Error('lost');
      await broker.send(records);
      if (random.percent(10)) throw new Error('stored, and the answer lost');
    },
    subscribe: (subscription) =>
      broker.subscribe({
        ...subscription,
        onBatch: async (records) => {
          onBatch(service);
          const outcome = await subscription.onBatch(records);
          return random.percent(30) ? { doneCount: 0, retryAfterMs: 5 } : outcome;
        },
      }),
  });
}

/** Ends every session of a service in the story's own database, as a database that dies would. */
export async function breakConnections({ harness }: MonthStory, service: ServiceName): Promise<void> {
  const client = new Client({ connectionString: harness.databaseUrl(service), application_name: 'test' });
  await client.connect();
  try {
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = $1 and pid <> pg_backend_pid()`,
      [service],
    );
  } finally {
    await client.end();
  }
}

/** Without the prefix that tells tests apart. */
export function topicOf({ topic }: Pick<IncomingRecord, 'topic'>): string {
  return topic.slice(topic.indexOf('.') + 1);
}
