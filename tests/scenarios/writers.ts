import {
  NextPayoutSchema,
  ObligationsSchema,
  PayoutDetailSchema,
  PayoutPageSchema,
  ResourceSchema,
  UserIdSchema,
} from '@wewrite/contracts';
import type { z } from 'zod';
import { pathOf } from '../../apps/cli/src/demo/api.ts';
import { endOnboarding } from '../../apps/cli/src/demo/play-event.ts';
import type { Place } from './place.ts';

/** What a writer is owed and owes, in cents: payable, in flight, held, and the receivable. */
export interface Balance {
  readonly payable: number;
  readonly inFlight: number;
  readonly held: number;
  readonly owes: number;
}

/** Nothing is owed either way. */
export const nothingOwed: Balance = { payable: 0, inFlight: 0, held: 0, owes: 0 };

/** What writers do, and what they see. */
export interface Writers {
  /** They come, each with a page of their name and with a payout account that can receive, unless they have none. */
  writes(userIds: readonly string[], account?: 'ready' | 'none'): Promise<void>;
  balanceOf(userId: string): Promise<Balance>;
  nextPayoutOf(userId: string): Promise<z.infer<typeof NextPayoutSchema>>;
  /** Newest first, each with its calls of Stripe. */
  payoutsOf(userId: string): Promise<readonly z.infer<typeof PayoutDetailSchema>[]>;
}

/** The writers of a place. */
export function writersOf({ ask, settled, world }: Place): Writers {
  return {
    writes: async (userIds, account = 'ready') => {
      for (const ownerUserId of userIds.map((userId) => UserIdSchema.parse(userId))) {
        await world.api.ask({
          method: 'PUT',
          path: pathOf('resources', 'page', ownerUserId),
          token: world.tokens.service,
          body: { ownerUserId, title: `The page of ${ownerUserId}` },
          answer: ResourceSchema,
        });
        // A first call makes them known to whoever speaks for them.
        await ask(ownerUserId, { method: 'GET', path: '/v1/payouts', answer: PayoutPageSchema });
        if (account === 'ready') await endOnboarding(world, ownerUserId, 'ready');
      }
      await settled();
    },
    balanceOf: async (userId) => {
      const { writers } = await ask('admin', { method: 'GET', path: '/v1/obligations', answer: ObligationsSchema });
      const own = writers.find((writer) => writer.userId === userId);
      if (own === undefined) return nothingOwed;
      const { payableCents, inFlightCents, heldCents, receivableCents } = own;
      return { payable: payableCents, inFlight: inFlightCents, held: heldCents, owes: receivableCents };
    },
    nextPayoutOf: (userId) => ask(userId, { method: 'GET', path: '/v1/payouts/next', answer: NextPayoutSchema }),
    payoutsOf: async (userId) => {
      const { payouts } = await ask(userId, { method: 'GET', path: '/v1/payouts', answer: PayoutPageSchema });
      return Promise.all(
        payouts.map(({ id }) =>
          ask(userId, { method: 'GET', path: pathOf('payouts', id), answer: PayoutDetailSchema }),
        ),
      );
    },
  };
}
