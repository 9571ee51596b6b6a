import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';

/** A statement on its way to Postgres. */
export interface Statement {
  readonly text: string;
  /** What it does lasts once it is done: a `commit`, or a statement outside of a transaction that is more than a read. */
  readonly commits: boolean;
}

/**
 * Stands around every statement of a service's pool: `run` executes it. A simulation lets an instance die before or
 * after one by a throw.
 */
export type AroundStatement = <Result>(statement: Statement, run: () => Promise<Result>) => Promise<Result>;

/** The pool, each of whose statements passes through `around`. */
export function watchedPool(pool: pg.Pool, around: AroundStatement): PostgresPool {
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

function watchedClient(client: PostgresPoolClient, around: AroundStatement): PostgresPoolClient {
  let inTransaction = false;
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
    const commits = text === 'commit' || (!inTransaction && !/^\s*(select|begin|rollback)\b/i.test(text));
    const result = await around({ text, commits }, () => client.query<Row>(text, parameters));
    if (text === 'begin') inTransaction = true;
    if (text === 'commit' || text === 'rollback') inTransaction = false;
    return result;
  };
  return { query, release: (destroy) => client.release(destroy) };
}
