import { serviceNames } from '@wewrite/contracts';
import { sql } from 'kysely';
import { worldDatabase } from './world-database.ts';

/** Every state that the five schemas allow: the values of columns that a check limits to a list. */
export async function knownStates(): Promise<readonly string[]> {
  const { open, giveBack } = await worldDatabase();
  const names: string[] = [];
  for (const service of serviceNames) {
    const { kysely } = open<never>(service);
    const { rows } = await sql<{ name: string }>`select name from known_state order by name`.execute(kysely);
    names.push(...rows.map(({ name }) => name));
  }
  await giveBack();
  return names;
}
