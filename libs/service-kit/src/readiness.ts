import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { Broker } from './kafka/broker.ts';
import type { Log } from './log.ts';
import { type MigrationSource, missingMigrations } from './migrate.ts';
import type { TechnicalTime } from './technical-time.ts';

interface Migrated<Schema> {
  readonly database: Database<Schema>;
  readonly sources: readonly MigrationSource[];
}

/** The reasons why a service is not ready, asked of Postgres, the migrations and Kafka each time. */
export function readinessOf<Schema>(
  options: Migrated<Schema> & { broker: Broker; hasJoined: () => boolean },
): () => Promise<string[]> {
  return async () => {
    const checks = await Promise.allSettled([missing(options), options.broker.ping()]);
    const [migrations, kafka] = checks;
    const reasons: string[] = [];
    if (migrations.status === 'rejected') reasons.push(`Postgres: ${migrations.reason}`);
    else if (migrations.value.length > 0) reasons.push(`migrations missing: ${migrations.value.join(', ')}`);
    if (kafka.status === 'rejected') reasons.push(`Kafka: ${kafka.reason}`);
    else if (!options.hasJoined()) reasons.push('Kafka: the group is not joined yet');
    return reasons;
  };
}

/** Resolves when the schema has every migration. A service never migrates: `wewrite migrate` does, as the owner. */
export async function whenMigrated<Schema>(
  options: Migrated<Schema> & { time: TechnicalTime; log: Log },
): Promise<void> {
  for (let told = false; ; told = true) {
    const reason = await missing(options).then(
      (ids) => (ids.length === 0 ? null : `migrations missing: ${ids.join(', ')}`),
      (error: unknown) => `Postgres cannot be asked: ${error}`,
    );
    if (reason === null) return;
    if (!told) options.log.warn({ reason }, 'waiting until the schema is current');
    await options.time.sleep(500);
  }
}

async function missing<Schema>({ database, sources }: Migrated<Schema>): Promise<readonly string[]> {
  const query = async (text: string) =>
    (await sql.raw<{ id: string; hash: string }>(text).execute(database.kysely)).rows;
  return missingMigrations(query, sources);
}
