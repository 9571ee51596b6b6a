import pg from 'pg';

/** Lends connections. */
export type Pool = Pick<pg.Pool, 'options' | 'connect' | 'end'>;

/** Where the connections of a database come from. */
export type OpenPool = (settings: pg.PoolConfig) => Pool;

/** Opens a pool of connections, each of which is made when it is first needed. */
export function openOwnPool(settings: pg.PoolConfig): Pool {
  const pool = new pg.Pool(settings);
  // A connection that breaks fails the query in hand, or is replaced at its next use when idle: whoever uses it is told.
  // Without listeners, the server ending a connection would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
