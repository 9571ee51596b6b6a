import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import { type OpenPool, openOwnPool, tolerateItsEnd } from './pool.ts';
import { type AroundStatement, watchedPool } from './statement.ts';
import { isTransient } from './transient.ts';

/** A service's own schema, reached with its runtime role. */
export interface Database<Schema> {
  /** For single reads; whatever must hold together goes through {@link Database.transaction}. */
  readonly kysely: Kysely<Schema>;
  /**
   * Runs `work` in one transaction and commits it; a throw rolls back. Deadlocks and serialization failures are tried
   * again, so `work` touches nothing but the transaction.
   */
  transaction<Result>(work: (tx: Transaction<Schema>) => Promise<Result>): Promise<Result>;
  /** A connection of its own, for session locks, LISTEN and COPY; the caller ends it. */
  connect(): Promise<pg.Client>;
  close(): Promise<void>;
}

const int8 = 20;
const retriedCodes = new Set(['40001', '40P01']);
const maximumTries = 5;

/**
 * Opens a pool. `bigint` arrives as a JS number (a value beyond the safe range throws), `timestamptz` as Date; sums of
 * bigints are `numeric` in Postgres and arrive as strings unless cast: write `sum(x)::bigint`.
 */
export function openDatabase<Schema>(options: {
  url: string;
  name: string;
  maxConnections: number;
  /** What every statement passes through, but those of {@link Database.connect}. */
  around?: AroundStatement | undefined;
  /** By default a pool of its own. */
  openPool?: OpenPool | undefined;
}): Database<Schema> {
  const settings = {
    connectionString: options.url,
    application_name: options.name,
    types: { getTypeParser: typeParser },
    keepAlive: true,
  } as const;
  const { around, openPool = openOwnPool } = options;
  const pipeline = around !== undefined;
  const pool = openPool({ ...settings, pipeline, max: options.maxConnections, connectionTimeoutMillis: 10_000 });
  const dialect = new PostgresDialect({ pool: around === undefined ? pool : watchedPool(pool, around) });
  const kysely = new Kysely<Schema>({ dialect });
  return {
    kysely,
    transaction: (work) => transactionWithRetries(kysely, work),
    connect: async () => {
      const client = new pg.Client(settings);
      tolerateItsEnd(client);
      await client.connect();
      return client;
    },
    close: () => kysely.destroy(),
  };
}

const afterCommitCallbacks = new WeakMap<object, (() => void)[]>();

/** Calls back once the transaction has committed, e.g. to wake a loop; not at all when it rolls back. */
export function afterCommit(tx: object, callback: () => void): void {
  const callbacks = afterCommitCallbacks.get(tx);
  if (callbacks === undefined) throw new Error('afterCommit needs a transaction that Database.transaction opened');
  callbacks.push(callback);
}

async function transactionWithRetries<Schema, Result>(
  kysely: Kysely<Schema>,
  work: (tx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    let callbacks: (() => void)[] = [];
    try {
      const result = await kysely.transaction().execute((tx) => {
        callbacks = [];
        afterCommitCallbacks.set(tx, callbacks);
        return work(tx);
      });
      for (const callback of callbacks) callback();
      return result;
    } catch (error) {
      if (attempt >= maximumTries || !isRetried(error)) throw error;
    }
  }
}

function isRetried(error: unknown): boolean {
  return isTransient(error) && Error.isError(error) && 'code' in error && retriedCodes.has(String(error.code));
}

function typeParser(oid: number, format?: 'text' | 'binary') {
  if (oid === int8 && format !== 'binary') return safeInteger;
  return pg.types.getTypeParser(oid, format);
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint beyond the safe range: ${text}`);
  return value;
}
