import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { scramVerifier } from './scram.ts';
import { urlOfDatabase, urlOfLogin, withClient } from './sql.ts';

/** A service's two logins: `appUrl` at run time, `ownerUrl` for migrations only. */
export interface DatabaseUrls {
  readonly appUrl: string;
  readonly ownerUrl: string;
}

/** What to make, from an administrator's URL. */
export interface ProvisionOptions<Service extends string> {
  readonly database: string;
  /** Names of schemas and of the first part of roles: lower case letters, digits, underscores. */
  readonly services: readonly Service[];
  /** The password of a role; default a new random one. The same for the same role where several runs share a server. */
  readonly passwordOf?: (role: string) => string;
}

/** One key for all that changes roles: roles belong to the whole server, and two changes of one at a time collide. */
const rolesLock = 'wewrite roles';

/** The roles of a service. */
const ownerOf = (service: string) => `${service}_owner`;
const appOf = (service: string) => `${service}_app`;
const name = pg.escapeIdentifier;

/**
 * Makes the database if it is absent and, for each service, an owner role, an app role and a schema, so that no service
 * can read another's. Run again, it changes nothing but the passwords. The administrator needs CREATEROLE and CREATEDB,
 * not superuser; PostgreSQL 17 or newer.
 */
export async function provisionDatabase<Service extends string>(
  adminUrl: string,
  options: ProvisionOptions<Service>,
): Promise<Record<Service, DatabaseUrls>> {
  for (const service of options.services) assertName(service);
  const passwords = new Map<string, string>();
  await withClient(adminUrl, async (admin) => {
    await assertVersion(admin);
    await admin.query('select pg_advisory_lock(hashtext($1))', [rolesLock]);
    for (const role of options.services.flatMap((service) => [ownerOf(service), appOf(service)])) {
      const password = options.passwordOf?.(role) ?? randomBytes(24).toString('base64url');
      await setRole(admin, role, password);
      passwords.set(role, password);
    }
    const found = await admin.query('select from pg_database where datname = $1', [options.database]);
    if (found.rowCount === 0) {
      await admin.query(`create database ${name(options.database)} template template0 encoding 'UTF8' locale 'C'`);
    }
    await prepareDatabase(adminUrl, options);
  });
  return databaseUrls(adminUrl, options, (role) => passwords.get(role) ?? '');
}

/** The URLs of the services' logins, where the passwords are known already. */
export function databaseUrls<Service extends string>(
  adminUrl: string,
  { database, services }: Pick<ProvisionOptions<Service>, 'database' | 'services'>,
  passwordOf: (role: string) => string,
): Record<Service, DatabaseUrls> {
  const url = (role: string) => urlOfLogin(adminUrl, database, role, passwordOf(role));
  const urls: Partial<Record<Service, DatabaseUrls>> = {};
  for (const service of services) urls[service] = { appUrl: url(appOf(service)), ownerUrl: url(ownerOf(service)) };
  return urls as Record<Service, DatabaseUrls>;
}

/**
 * Makes schemas and rights in a database that exists, for roles that exist. Also for a copy made from a template: a
 * copy takes over schemas and tables, but neither the rights on the database nor the roles' settings in it.
 */
export async function prepareDatabase(
  adminUrl: string,
  { database, services }: Pick<ProvisionOptions<string>, 'database' | 'services'>,
): Promise<void> {
  await withClient(urlOfDatabase(adminUrl, database), async (client) => {
    const statements = [
      `revoke all on database ${name(database)} from public`,
      'revoke all on schema public from public',
      ...services.flatMap((service) => serviceStatements(database, service)),
    ];
    await client.query(statements.join(';\n'));
  });
}

function serviceStatements(database: string, service: string): string[] {
  const [schema, owner, app] = [name(service), name(ownerOf(service)), name(appOf(service))];
  return [
    `create schema if not exists ${schema} authorization ${owner}`,
    `grant connect, temporary on database ${name(database)} to ${owner}`,
    // No temporary tables for the app role: they would come before a definer function's own.
    `grant connect on database ${name(database)} to ${app}`,
    `grant usage on schema ${schema} to ${app}`,
    `alter role ${owner} in database ${name(database)} set search_path = ${schema}`,
    `alter role ${app} in database ${name(database)} set search_path = ${schema}`,
    `alter role ${app} in database ${name(database)} set transaction_timeout = '30s'`,
  ];
}

/** Whether the database is absent or holds no table of anybody's (those of extensions do not count). */
export async function databaseIsEmpty(adminUrl: string, database: string): Promise<boolean> {
  const exists = await withClient(adminUrl, (admin) =>
    admin.query('select from pg_database where datname = $1', [database]),
  );
  if (exists.rowCount === 0) return true;
  const tables = await withClient(urlOfDatabase(adminUrl, database), (client) =>
    client.query(`
      select from pg_class join pg_namespace on pg_namespace.oid = relnamespace
      where relkind in ('r', 'p', 'f', 'm') and nspname <> 'information_schema' and nspname not like 'pg\\_%'
        and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')
      limit 1`),
  );
  return tables.rowCount === 0;
}

/** Removes the services' schemas with all that is in them; nobody else's. `provisionDatabase` makes them anew. */
export async function dropSchemas(
  adminUrl: string,
  { database, services }: Pick<ProvisionOptions<string>, 'database' | 'services'>,
): Promise<void> {
  const exists = await withClient(adminUrl, (admin) =>
    admin.query('select from pg_database where datname = $1', [database]),
  );
  if (exists.rowCount === 0) return;
  await withClient(urlOfDatabase(adminUrl, database), async (client) => {
    for (const service of services) await client.query(`drop schema if exists ${name(service)} cascade`);
  });
}

/** Creates the role, or sets the password of one that is there. */
async function setRole(admin: pg.Client, role: string, password: string): Promise<void> {
  const found = await admin.query('select from pg_roles where rolname = $1', [role]);
  const verifier = pg.escapeLiteral(await scramVerifier(password));
  await admin.query(`${found.rowCount === 0 ? 'create' : 'alter'} role ${name(role)} login password ${verifier}`);
  // An administrator who is not a superuser may make a schema for a role only as a member of it.
  const member = await admin.query(
    "select from pg_roles where rolname = current_user and pg_has_role(oid, $1, 'SET')",
    [role],
  );
  if (member.rowCount === 0) await admin.query(`grant ${name(role)} to current_user with set true, inherit true`);
}

async function assertVersion(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ server_version_num: string }>('show server_version_num');
  const major = Math.floor(Number(rows[0]?.server_version_num) / 10_000);
  if (!(major >= 17)) throw new Error(`PostgreSQL 17 or newer is needed (for transaction_timeout), this is ${major}.`);
}

function assertName(service: string): void {
  if (!/^[a-z][a-z0-9_]*$/.test(service)) throw new Error(`'${service}' cannot be the name of a service's schema.`);
}
