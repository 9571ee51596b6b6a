import type { Database, TechnicalTime } from '@wewrite/service-kit';
import type { StripeClient } from '@wewrite/service-kit/stripe';
import { sql, type Transaction } from 'kysely';
import type { Schema } from './db.ts';

/**
 * D6: one rate of requests to Stripe for all replicas. Each request has an instant of its own at which it leaves, and the
 * instants lie evenly apart: one row in Postgres says when the next one is.
 */
export interface StripePace {
  /** How many requests may be planned now, `most` at the most. Other replicas plan when the transaction has ended. */
  free(tx: Transaction<Schema>, most: number): Promise<number>;
  /** Plans requests; gives the instant of each. */
  plan(tx: Transaction<Schema>, count: number): Promise<readonly Date[]>;
  /** Waits for the instant of a request; one that was missed is not used, the request is planned anew. */
  wait(at: Date): Promise<void>;
  /** Waits for the instant of one request that is planned by itself. */
  turn(): Promise<void>;
}

/** Requests are planned this far ahead, so that a replica that stops holds few of them. */
export const planAheadMs = 2_000;
/** Slightly slower than the limit: requests arrive unevenly, and so many of them never fall into one second. */
const shareOfLimit = 0.985;
/** What {@link shareOfLimit} leaves room for. A request that leaves later would meet those of the instants after it. */
const missedAfterMs = 15;
/** Nothing is planned so far ahead unless a clock was set back: then the row is stale. */
const staleAfterMs = 60_000;

/** The pace of `requestsPerSecond`; with 0 there is no limit. */
export function stripePace(options: {
  readonly requestsPerSecond: number;
  readonly database: Database<Schema>;
  readonly time: TechnicalTime;
}): StripePace {
  const { requestsPerSecond, database, time } = options;
  if (requestsPerSecond === 0) return unlimited(time);
  const spacingMs = 1_000 / (requestsPerSecond * shareOfLimit);
  const plan = async (tx: Transaction<Schema>, count: number): Promise<readonly Date[]> => {
    const nowMs = time.now().getTime();
    const { rows } = await sql<{ endMs: number }>`
      update stripe_pace set next_at_ms = ${count * spacingMs} + case
        when next_at_ms between ${nowMs} and ${nowMs + staleAfterMs} then next_at_ms else ${nowMs} end
      returning next_at_ms as "endMs"`.execute(tx);
    const [row] = rows;
    if (row === undefined) throw new Error('stripe_pace has no row');
    return Array.from({ length: count }, (_, index) => new Date(row.endMs - (count - index) * spacingMs));
  };
  const planOne = async (): Promise<Date> => {
    const [at] = await database.transaction((tx) => plan(tx, 1));
    return at ?? time.now();
  };
  return {
    free: async (tx, most) => {
      const { rows } = await sql<{ nextAtMs: number }>`
        select next_at_ms as "nextAtMs" from stripe_pace for update`.execute(tx);
      const nowMs = time.now().getTime();
      const aheadMs = (rows[0]?.nextAtMs ?? 0) - nowMs;
      const plannedMs = aheadMs > staleAfterMs ? 0 : Math.max(0, aheadMs);
      return Math.max(0, Math.min(most, Math.floor((planAheadMs - plannedMs) / spacingMs)));
    },
    plan,
    wait: async (at) => {
      for (let next = at; !(await isReached(time, next)); ) next = await planOne();
    },
    turn: async () => {
      while (!(await isReached(time, await planOne())));
    },
  };
}

/** Waits for the instant; false when it was missed. */
async function isReached(time: TechnicalTime, at: Date): Promise<boolean> {
  await time.sleep(Math.max(0, at.getTime() - time.now().getTime()));
  return time.now().getTime() - at.getTime() <= missedAfterMs;
}

function unlimited(time: TechnicalTime): StripePace {
  return {
    free: async (_tx, most) => most,
    plan: async (_tx, count) => Array.from({ length: count }, () => time.now()),
    wait: async () => undefined,
    turn: async () => undefined,
  };
}

/** Stripe for calls that are not planned together: each waits for its turn. The few repetitions of the SDK do not. */
export function pacedStripe(stripe: StripeClient, pace: StripePace): StripeClient {
  return {
    sdk: stripe.sdk,
    call: async (operation, objectId, work) => {
      await pace.turn();
      return stripe.call(operation, objectId, work);
    },
  };
}
