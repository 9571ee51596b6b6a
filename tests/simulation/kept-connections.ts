import { type OpenPool, openOwnPool } from '@wewrite/service-kit';

type OwnPool = ReturnType<typeof openOwnPool>;

/** Connections that outlive the instances that they are lent to. */
export interface KeptConnections {
  readonly open: OpenPool;
  /** Whether somebody has not given his back. */
  areLent(): boolean;
  /** Lets them plan anew what they have prepared, as new ones would. */
  forgetPlans(): Promise<void>;
  /** Ends them. */
  end(): Promise<void>;
}

/**
 * Lends the same connections to one instance of a service after another: most of what a new connection costs is that
 * Postgres has read no catalog on it yet, and has planned nothing. What a dead instance had open is rolled back before it
 * gives its connection back. They hold up no process that is done.
 */
export function keptConnections(): KeptConnections {
  const pools = new Map<string | undefined, OwnPool>();
  const open: OpenPool = (settings) => {
    const known = pools.get(settings.connectionString);
    const pool = known ?? openOwnPool({ ...settings, idleTimeoutMillis: 0, allowExitOnIdle: true });
    pools.set(settings.connectionString, pool);
    return { options: pool.options, connect: () => pool.connect(), end: async () => undefined };
  };
  return {
    open,
    areLent: () => pools.values().some(({ idleCount, totalCount }) => idleCount < totalCount),
    forgetPlans: async () => {
      for (const pool of pools.values()) {
        const all = await Promise.all(Array.from({ length: pool.totalCount }, () => pool.connect()));
        for (const connection of all) {
          await connection.query('discard plans');
          connection.release();
        }
      }
    },
    end: async () => {
      for (const pool of pools.values()) await pool.end();
    },
  };
}
