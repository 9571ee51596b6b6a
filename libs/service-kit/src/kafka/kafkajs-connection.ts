interface Connectable {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/** A client of kafkajs that connects at its first use, and can be closed for good. */
export interface Connection<Client> {
  use<Result>(work: (client: Client) => Promise<Result>): Promise<Result>;
  /** Refuses new work, waits for what is under way, and disconnects. */
  close(): Promise<void>;
}

/**
 * Wraps an admin or a producer. It waits for work under way before it disconnects: kafkajs connects a closed client
 * again when a retry wants it, and that connection would keep the process alive for ever.
 */
export function connectionOf<Client extends Connectable>(client: Client): Connection<Client> {
  const underWay = new Set<Promise<unknown>>();
  let connecting: Promise<void> | undefined;
  let closed = false;

  async function run<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    connecting ??= client.connect();
    try {
      await connecting;
    } catch (error) {
      // The next use tries again.
      connecting = undefined;
      throw error;
    }
    return work(client);
  }

  return {
    async use(work) {
      if (closed) throw new Error('the broker is closed');
      const result = run(work);
      underWay.add(result);
      try {
        return await result;
      } finally {
        underWay.delete(result);
      }
    },
    async close() {
      closed = true;
      await Promise.allSettled(underWay);
      await client.disconnect();
    },
  };
}

/** As `Promise.all`, but it rejects only when all have ended: none goes on unseen on a connection that is closed then. */
export async function allOf<Result>(work: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
