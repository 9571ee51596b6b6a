import { type UserId, UserIdSchema } from '@wewrite/contracts';
import { backoffMs } from '@wewrite/service-kit';
import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { Context } from './db.ts';

const channel = 'plan_changed';

/** The users of one notification: their ids fit its 8,000 bytes, whatever they consist of. */
const usersANotification = 25;

/** In a `select`, tells every replica once the transaction has committed that these users' plans or budgets have changed. */
export function notifyOfPlans(userIds: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    select pg_notify(${channel}, json_agg(user_id)::text)
    from (
      select user_id, (row_number() over () - 1) / ${usersANotification}::integer as part from (${userIds}) as changed
    ) as numbered
    group by part`;
}

/** What this replica hears of changed plans and budgets, whichever replica has changed them. */
export interface PlanFeed {
  /** Calls back whenever the user's plan may have changed; returns how to end that. */
  subscribe(userId: UserId, onChange: () => void): () => void;
  stop(): Promise<void>;
}

const UserIdsSchema = z.array(UserIdSchema);

/**
 * One connection a replica listens, from the first subscriber on. Notifications are lost while it is away: when it is
 * back, everybody is called, and reads again.
 */
export function createPlanFeed({ database, time, log }: Context): PlanFeed {
  const subscribers = new Map<UserId, Set<() => void>>();
  const stopping = new AbortController();
  let listening: Promise<void> | undefined;
  const call = (userIds: Iterable<UserId>) => {
    for (const userId of userIds) for (const onChange of subscribers.get(userId) ?? []) onChange();
  };
  const listenOnce = async () => {
    const client = await database.connect();
    try {
      const ended = new Promise<void>((resolve) => {
        client.once('error', () => resolve()).once('end', () => resolve());
        stopping.signal.addEventListener('abort', () => resolve(), { once: true });
        // The stop may have come while the connection was made.
        if (stopping.signal.aborted) resolve();
      });
      client.on('notification', ({ payload }) => call(UserIdsSchema.parse(JSON.parse(payload ?? '[]'))));
      await client.query(`listen ${channel}`);
      call([...subscribers.keys()]);
      await ended;
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const listen = async () => {
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      await listenOnce().catch((error: unknown) =>
        log.warn({ error: String(error) }, 'changes of plans are not heard; the feed tries again'),
      );
      await time.sleep(backoffMs(Math.min(failures, 5), 100, 5_000), stopping.signal);
    }
  };
  return {
    subscribe: (userId, onChange) => {
      listening ??= listen();
      const own = subscribers.get(userId) ?? new Set();
      subscribers.set(userId, own.add(onChange));
      return () => {
        own.delete(onChange);
        if (own.size === 0 && subscribers.get(userId) === own) subscribers.delete(userId);
      };
    },
    stop: async () => {
      stopping.abort();
      await listening;
    },
  };
}
