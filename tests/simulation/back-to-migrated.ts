import { serviceNames } from '@wewrite/contracts';
import type { Database } from '@wewrite/service-kit';
import { sql } from 'kysely';

interface Table {
  /** With its schema, quoted where need be. */
  readonly name: string;
  /** Made while the services ran. */
  readonly isPartition: boolean;
}

/**
 * Remembers what the migrations have left, and gives back how to come back to it: the same rows in tables of no more
 * pages than then, sequences at their start, no partitions. So whoever plays next cannot tell what was played before.
 * Takes a login whom no right, trigger or foreign key holds up, and expects nobody else to be at work.
 */
export async function backToMigrated(admin: Database<never>): Promise<() => Promise<void>> {
  const kept = (await tablesInUse(admin)).map(({ name }) => ({ name, copy: `as_migrated.${quoted(name)}` }));
  await execute(admin, [
    'create schema as_migrated',
    ...kept.map(({ name, copy }) => `create table ${copy} as table ${name}`),
  ]);
  const comeBack = async () => {
    const tables = await tablesInUse(admin);
    const partitions = tables.filter(({ isPartition }) => isPartition).map(({ name }) => `drop table ${name}`);
    const names = tables.filter(({ isPartition }) => !isPartition).map(({ name }) => name);
    await execute(admin, [...partitions, ...names.map((name) => `delete from ${name}`), restartSequences]);
    // By itself, since it cannot be done within a transaction. It also gives back the pages of what is deleted.
    await execute(admin, [`vacuum ${names.join(', ')}`]);
    await execute(
      admin,
      kept.map(({ name, copy }) => `insert into ${name} overriding system value select * from ${copy}`),
    );
  };
  // What was never vacuumed is taken to be larger than it is: the first who plays is to have the same plans as the others.
  await execute(admin, ['vacuum']);
  await comeBack();
  return comeBack;
}

const schemas = serviceNames.map((name) => `'${name}'::regnamespace`).join(', ');

const restartSequences = `
  select setval(seqrelid, seqstart, false) from pg_sequence join pg_class as class on class.oid = seqrelid
  where relnamespace in (${schemas})`;

/** Those into which a row was written since they were made or vacuumed, whatever has become of it. */
async function tablesInUse({ kysely }: Database<never>): Promise<readonly Table[]> {
  const { rows } = await sql
    .raw<Table>(`
      select oid::regclass::text as name, relispartition as "isPartition" from pg_class
      where relkind = 'r' and relnamespace in (${schemas}) and (relispartition or pg_relation_size(oid) > 0)
      order by 1`)
    .execute(kysely);
  return rows;
}

async function execute({ kysely }: Database<never>, statements: readonly string[]): Promise<void> {
  await sql.raw(statements.join(';\n')).execute(kysely);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
