import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';
import type { Pool } from './pool.ts';

/** A statement on its way to Postgres. */
export interface Statement {
  readonly text: string;
  /**
   * What it does lasts once it is done: the `commit` of a transaction that has found or changed a row, or a statement
   * outside of a transaction that is more than a read.
   */
  readonly commits: boolean;
}

/**
 * Stands around every statement of a service's pool: `run` executes it. A simulation lets an instance die before or
 * after one by a throw.
 */
export type AroundStatement = <Result>(statement: Statement, run: () => Promise<Result>) => Promise<Result>;

/**
 * The pool, whose connections are pipelined, and each of whose statements passes through `around`. A statement is prepared
 * once a connection, under a name: most of what Postgres does for the small databases of a simulation is parsing and
 * planning. Production does not, since a migration that adds a column breaks the prepared statements of the connections
 * that are open. A transaction begins on the way of its first statement: it has seen nothing before.
 */
export function watchedPool(pool: Pool, around: AroundStatement): PostgresPool {
  const watched = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    connect: async () => {
      const client = await pool.connect();
      const known = watched.get(client) ?? watchedClient(client, around);
      watched.set(client, known);
      return known;
    },
    end: () => pool.end(),
  };
}

interface PreparingClient {
  query<Row>(statement: { text: string; values?: unknown[]; name?: string }): Promise<PostgresQueryResult<Row>>;
  release(destroy?: boolean): void;
}

function watchedClient(client: PreparingClient, around: AroundStatement): PostgresPoolClient {
  let inTransaction = false;
  let hasTouchedRows = false;
  let isBeginDue = false;
  function query<Row>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  function query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>;
  function query<Row>(
    asked: string | PostgresCursor<Row>,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<Row>> | PostgresCursor<Row> {
    if (typeof asked !== 'string') throw new Error('the dialect makes no cursors unless it is asked for them');
    return watch<Row>(asked, parameters);
  }
  const watch = async <Row>(text: string, parameters: readonly unknown[]) => {
    const commits = text === 'commit' ? hasTouchedRows : !inTransaction && !/^\s*(select|begin|rollback)\b/i.test(text);
    const result = await around({ text, commits }, () => send<Row>(text, [...parameters]));
    if (isBoundary(text)) {
      inTransaction = text === 'begin';
      isBeginDue = inTransaction;
      hasTouchedRows = false;
    } else if (result.rowCount > 0) hasTouchedRows = true;
    return result;
  };
  const send = async <Row>(text: string, values: unknown[]) => {
    if (text === 'begin' || (isBeginDue && isBoundary(text))) return nothingMet;
    const begun = isBeginDue ? client.query({ text: 'begin' }) : null;
    isBeginDue = false;
    const [result] = await Promise.all([
      client.query<Row>(isBoundary(text) ? { text } : prepared(text, values)),
      begun,
    ]);
    return result;
  };
  return { query, release: (destroy) => client.release(destroy) };
}

const nothingMet: PostgresQueryResult<never> = { command: 'COMMIT', rowCount: 0, rows: [] };

/** Whether it begins or ends a transaction. */
function isBoundary(text: string): boolean {
  return text === 'begin' || text === 'commit' || text === 'rollback';
}

function prepared(text: string, values: unknown[]) {
  return { text, values, name: nameOf(text) };
}

const names = new Map<string, string>();

/** The same text has one name in the whole process, since connections may outlive the pools that they are lent to. */
function nameOf(text: string): string {
  const name = names.get(text) ?? `statement_${names.size + 1}`;
  names.set(text, name);
  return name;
}
