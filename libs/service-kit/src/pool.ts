import type { EventEmitter } from 'node:events';
import pg from 'pg';

/** Lends connections. */
export type Pool = Pick<pg.Pool, 'options' | 'connect' | 'end'>;

/** Where the connections of a database come from. */
export type OpenPool = (settings: pg.PoolConfig) => Pool;

/** Opens a pool of connections, each of which is made when it is first needed. */
export function openOwnPool(settings: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(settings);
  tolerateItsEnd(pool);
  pool.on('connect', tolerateItsEnd);
  return pool;
}

/**
 * Lets the server end a connection without the process ending, too, as it does where nothing listens. Whoever uses the
 * connection is told: the query in hand fails, or the next one. To be called before it connects.
 */
export function tolerateItsEnd(connection: EventEmitter): void {
  connection.on('error', () => undefined);
}
