import type Stripe from 'stripe';
import { z } from 'zod';
import { endpoint } from '../engine/endpoint.ts';
import type { Stored } from '../engine/stored.ts';
import { isoInstant } from '../engine/turn.ts';
import { requireAccount } from './account.ts';

type AccountLink = Stored<Stripe.V2.Core.AccountLink>;

const lifetimeSeconds = 300;

/** Links lead to the sandbox's own onboarding page, which asks only for the outcome. */
export const accountLinkEndpoints = [
  endpoint(
    'POST',
    '/v2/core/account_links',
    {
      account: z.string(),
      use_case: z.strictObject({
        type: z.literal('account_onboarding'),
        account_onboarding: z.strictObject({ refresh_url: z.url(), return_url: z.url().optional() }),
      }),
    },
    (turn, parameters): AccountLink => {
      const account = requireAccount(turn, parameters.account);
      const { refresh_url, return_url } = parameters.use_case.account_onboarding;
      const back = return_url === undefined ? '' : `?${new URLSearchParams({ return_url })}`;
      return {
        object: 'v2.core.account_link',
        account: account.id,
        created: isoInstant(turn.nowSeconds),
        expires_at: isoInstant(turn.nowSeconds + lifetimeSeconds),
        livemode: false,
        url: `${turn.baseUrl}/_sandbox/onboarding/${account.id}${back}`,
        use_case: {
          account_onboarding: { refresh_url, ...(return_url === undefined ? {} : { return_url }) },
          type: 'account_onboarding',
        },
      };
    },
  ),
];
