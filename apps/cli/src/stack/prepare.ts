import { type ServiceName, serviceNames, topics } from '@wewrite/contracts';
import { type DatabaseUrls, provisionDatabase } from '@wewrite/local-stack';
import { migrate } from '@wewrite/service-kit';
import type { KafkaPart } from './kafka-part.ts';
import { databaseName } from './postgres-part.ts';
import { services } from './services.ts';

/** What was applied, by service. */
export type Applied = Readonly<Record<ServiceName, readonly string[]>>;

/** Makes the database, schemas and roles where they are missing, and brings every schema up to date. */
export async function prepareDatabase(
  adminUrl: string,
): Promise<{ urls: Record<ServiceName, DatabaseUrls>; applied: Applied }> {
  const urls = await provisionDatabase(adminUrl, { database: databaseName, services: serviceNames });
  const applied = await Promise.all(
    serviceNames.map(async (name): Promise<[ServiceName, readonly string[]]> => {
      const options = { ownerUrl: urls[name].ownerUrl, schema: name, sources: services[name].migrations };
      return [name, (await migrate(options)).applied];
    }),
  );
  return { urls, applied: Object.fromEntries(applied) as Record<ServiceName, readonly string[]> };
}

/** Creates the topics that are missing and waits for their leaders. */
export async function createTopics(kafka: Pick<KafkaPart, 'openBroker' | 'topicPrefix'>): Promise<void> {
  const broker = kafka.openBroker({ LOG_LEVEL: 'silent', LOG_FILE: undefined }, 'cli');
  try {
    await broker.createTopics(topics.map((topic) => ({ ...topic, name: `${kafka.topicPrefix}${topic.name}` })));
  } finally {
    await broker.close();
  }
}
