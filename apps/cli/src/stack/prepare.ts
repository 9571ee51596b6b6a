import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { type ServiceName, serviceNames, topics } from '@wewrite/contracts';
import { type DatabaseUrls, provisionDatabase } from '@wewrite/local-stack';
import { migrate } from '@wewrite/service-kit';
import { stateDirectory } from '../config.ts';
import type { KafkaPart } from './kafka-part.ts';
import { databaseName } from './postgres-part.ts';
import { keptSecret } from './service-environment.ts';
import { services } from './services.ts';

/** What was applied, by service. */
export type Applied = Readonly<Record<ServiceName, readonly string[]>>;

/**
 * Makes the database, schemas and roles where they are missing, and brings every schema up to date. Roles get the
 * passwords given, by role; others ones that follow from the administrator's.
 */
export async function prepareDatabase(
  adminUrl: string,
  given: ReadonlyMap<string, string> = new Map(),
): Promise<{ urls: Record<ServiceName, DatabaseUrls>; applied: Applied }> {
  const derivedPasswordOf = derivedPasswords(adminUrl);
  const passwordOf = (role: string) => given.get(role) ?? derivedPasswordOf(role);
  const urls = await provisionDatabase(adminUrl, { database: databaseName, services: serviceNames, passwordOf });
  const applied = await Promise.all(
    serviceNames.map(async (name): Promise<[ServiceName, readonly string[]]> => {
      const options = { ownerUrl: urls[name].ownerUrl, schema: name, sources: services[name].migrations };
      return [name, (await migrate(options)).applied];
    }),
  );
  return { urls, applied: Object.fromEntries(applied) as Record<ServiceName, readonly string[]> };
}

/**
 * Passwords that follow from the administrator's, so that whoever prepares the database again, from whatever machine,
 * changes none of them. An administrator without a password has a secret of this checkout instead.
 */
function derivedPasswords(adminUrl: string): (role: string) => string {
  const { password } = new URL(adminUrl);
  const secret = password === '' ? keptSecret(join(stateDirectory, 'keys'), 'database-secret') : password;
  return (role) => createHmac('sha256', secret).update(role).digest('base64url');
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
