import { serviceNames } from '@wewrite/contracts';
import { openDatabase } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { worldDatabase } from './world-database.ts';

/** Every state that the five schemas allow: the values of columns that a check limits to a list. */
export async function knownStates(): Promise<readonly string[]> {
  const { urls, drop } = await worldDatabase();
  const names: string[] = [];
  for (const service of serviceNames) {
    const database = openDatabase<never>({ url: urls[service].appUrl, name: 'census', maxConnections: 1 });
    const { rows } = await sql<{ name: string }>`select name from known_state order by name`.execute(database.kysely);
    names.push(...rows.map(({ name }) => name));
    await database.close();
  }
  await drop();
  return names;
}
