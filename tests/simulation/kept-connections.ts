import { type OpenPool, openOwnPool, type Pool } from '@wewrite/service-kit';

/** Connections that outlive the instances that they are lent to. */
export interface KeptConnections {
  readonly open: OpenPool;
  /** Ends them. */
  end(): Promise<void>;
}

/**
 * Lends the same connections to one instance of a service after another: most of what a new connection costs is that
 * Postgres has read no catalog on it yet, and has planned nothing. What a dead instance had open is rolled back before it
 * gives its connection back.
 */
export function keptConnections(): KeptConnections {
  const pools = new Map<string | undefined, Pool>();
  return {
    open: (settings) => {
      const pool = pools.get(settings.connectionString) ?? openOwnPool(settings);
      pools.set(settings.connectionString, pool);
      return { options: pool.options, connect: () => pool.connect(), end: async () => undefined };
    },
    end: async () => {
      for (const pool of pools.values()) await pool.end();
    },
  };
}
