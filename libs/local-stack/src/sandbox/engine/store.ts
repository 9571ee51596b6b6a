import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { Collection, StripeObject } from './collections.ts';

/** Conditions on a list: values of the collection's lookups, and bounds on `created` in seconds. */
export interface Filter {
  readonly equals?: Readonly<Record<string, string | number | undefined>> | undefined;
  readonly anyOf?: { readonly lookup: string; readonly values: readonly string[] } | undefined;
  readonly created?: CreatedRange | undefined;
  /** A further condition in SQL. */
  readonly where?: string | undefined;
}

/** Bounds on an object's `created`, in Unix seconds. */
export interface CreatedRange {
  readonly gt?: number | undefined;
  readonly gte?: number | undefined;
  readonly lt?: number | undefined;
  readonly lte?: number | undefined;
}

/** A place in a list, newest first: the object that a page begins after, or ends before. */
export interface Cursor {
  readonly direction: 'older' | 'newer';
  readonly id: string;
}

/**
 * Survives the death of the process at any point (not of the machine), which is what the sandbox promises, without a
 * sync for each transaction.
 */
const settings = `
  PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 16000;
  PRAGMA cache_size = -65536; PRAGMA busy_timeout = 5000;
`;

/** A row as SQLite gives it. */
export type Row = Record<string, SQLInputValue>;

/** An open transaction that several requests share. */
interface CommitGroup {
  readonly committed: Promise<void>;
  readonly commit: () => void;
}

/** The sandbox's state: one SQLite file. */
export class Store {
  /** Real time, in Unix milliseconds: of keys, limits, lags and deliveries. */
  readonly realMs: () => number;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #group: CommitGroup | undefined;
  #writes = 0;

  constructor(
    file: string,
    collections: ReadonlyArray<Collection<StripeObject>>,
    schema: string,
    realMs: () => number = Date.now,
  ) {
    this.realMs = realMs;
    this.#database = new DatabaseSync(file);
    this.#database.exec(settings);
    this.#database.exec(schema);
    for (const collection of collections) this.#database.exec(tableOf(collection));
  }

  /** Runs `work` in one transaction of its own; what it throws undoes it. */
  transaction<T>(work: () => T): T {
    this.#group?.commit();
    this.run('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.run('COMMIT');
      return result;
    } catch (error) {
      this.run('ROLLBACK');
      throw error;
    }
  }

  /**
   * Runs `work` at once, and commits it together with all others of the same moment: a commit costs more than most
   * requests. The promise is kept after the commit; what `work` throws undoes only itself.
   */
  async commitTogether<T>(work: () => T): Promise<T> {
    this.#group ??= this.#openGroup();
    const { committed } = this.#group;
    const result = this.savepoint(work);
    await committed;
    return result;
  }

  /** Runs `work` so that what it throws undoes only what it wrote, inside a transaction. */
  savepoint<T>(work: () => T): T {
    this.run('SAVEPOINT step');
    try {
      const result = work();
      this.run('RELEASE step');
      return result;
    } catch (error) {
      this.run('ROLLBACK TO step');
      this.run('RELEASE step');
      throw error;
    }
  }

  /** Adds a new object. `created` is business time in seconds, the order of lists. */
  insert<T extends StripeObject>(collection: Collection<T>, object: T, createdSeconds: number): void {
    const columns = ['id', 'created', 'body', ...collection.columns];
    const values = [object.id, createdSeconds, JSON.stringify(object), ...collection.lookupsOf(object)];
    const marks = columns.map(() => '?').join(', ');
    this.run(`INSERT INTO ${collection.table} (${columns.join(', ')}) VALUES (${marks})`, ...values);
  }

  /** Writes a changed object. */
  replace<T extends StripeObject>(collection: Collection<T>, object: T): void {
    const changes = ['body', ...collection.columns].map((column) => `${column} = ?`).join(', ');
    const values = [JSON.stringify(object), ...collection.lookupsOf(object)];
    this.run(`UPDATE ${collection.table} SET ${changes} WHERE id = ?`, ...values, object.id);
  }

  /** Gives how many objects went: one or none. */
  remove(collection: Collection<StripeObject>, id: string): number {
    return this.run(`DELETE FROM ${collection.table} WHERE id = ?`, id);
  }

  find<T extends StripeObject>(collection: Collection<T>, id: string): T | undefined {
    const row = this.row(`SELECT body FROM ${collection.table} WHERE id = ?`, id);
    return row === undefined ? undefined : collection.decode(String(row.body));
  }

  /** At most `limit` objects, newest first, however the cursor points. */
  list<T extends StripeObject>(collection: Collection<T>, filter: Filter, limit: number, cursor?: Cursor): T[] {
    const { conditions, values } = conditionsOf(collection, filter);
    const newer = cursor?.direction === 'newer';
    if (cursor !== undefined) {
      conditions.push(
        `(created, sequence) ${newer ? '>' : '<'} (SELECT created, sequence FROM ${collection.table} WHERE id = ?)`,
      );
      values.push(cursor.id);
    }
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const order = newer ? 'created, sequence' : 'created DESC, sequence DESC';
    const rows = this.rows(`SELECT body FROM ${collection.table} ${where} ORDER BY ${order} LIMIT ?`, ...values, limit);
    const objects = rows.map((row) => collection.decode(String(row.body)));
    return newer ? objects.reverse() : objects;
  }

  count(collection: Collection<StripeObject>): number {
    return Number(this.row(`SELECT count(*) AS count FROM ${collection.table}`)?.count ?? 0);
  }

  run(sql: string, ...values: SQLInputValue[]): number {
    this.#writes += 1;
    return Number(this.#statement(sql).run(...values).changes);
  }

  row(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  rows(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values);
  }

  /** Gives what `read` gave last, until something is written. */
  untilWritten<T>(read: () => T): () => T {
    let kept: { readonly value: T; readonly writes: number } | undefined;
    return () => {
      if (kept?.writes !== this.#writes) kept = { value: read(), writes: this.#writes };
      return kept.value;
    };
  }

  close(): void {
    this.#group?.commit();
    this.#statements.clear();
    this.#database.close();
  }

  #openGroup(): CommitGroup {
    this.run('BEGIN IMMEDIATE');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const commit = () => {
      clearImmediate(alarm);
      this.#group = undefined;
      try {
        this.run('COMMIT');
        resolve();
      } catch (error) {
        reject(error);
      }
    };
    const alarm = setImmediate(commit);
    return { committed: promise, commit };
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function tableOf({ table, columns }: Collection<StripeObject>): string {
  const indexes = columns.map(
    (column) => `CREATE INDEX IF NOT EXISTS ${table}_${column} ON ${table} (${column}, created, sequence);`,
  );
  return `CREATE TABLE IF NOT EXISTS ${table} (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, created INTEGER NOT NULL,
    ${columns.map((column) => `${column} TEXT,`).join(' ')} body TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS ${table}_created ON ${table} (created, sequence);
  ${indexes.join('\n')}`;
}

function conditionsOf(collection: Collection<StripeObject>, filter: Filter) {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  for (const [lookup, value] of Object.entries(filter.equals ?? {})) {
    if (value === undefined) continue;
    conditions.push(`${columnOf(collection, lookup)} = ?`);
    values.push(value);
  }
  if (filter.anyOf !== undefined) {
    const marks = filter.anyOf.values.map(() => '?').join(', ');
    conditions.push(`${columnOf(collection, filter.anyOf.lookup)} IN (${marks})`);
    values.push(...filter.anyOf.values);
  }
  if (filter.where !== undefined) conditions.push(filter.where);
  for (const [bound, operator] of bounds) {
    const value = filter.created?.[bound];
    if (value === undefined) continue;
    conditions.push(`created ${operator} ?`);
    values.push(value);
  }
  return { conditions, values };
}

const bounds = [
  ['gt', '>'],
  ['gte', '>='],
  ['lt', '<'],
  ['lte', '<='],
] as const;

function columnOf(collection: Collection<StripeObject>, lookup: string): string {
  if (!collection.columns.includes(lookup)) throw new Error(`${collection.table} has no lookup ${lookup}`);
  return lookup;
}
