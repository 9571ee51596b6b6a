import { OpenedPayoutAccountSchema, type PayoutAccount, PayoutAccountSchema, type UserId } from '@wewrite/contracts';
import { identityOf, idOfCause, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { isDefiniteRefusal } from '@wewrite/service-kit/stripe';
import { sql } from 'kysely';
import Stripe from 'stripe';
import type { Context } from './context.ts';
import type { PayoutAccountTable } from './db.ts';
import { adviceFor } from './payout.ts';

/**
 * How many requests of a replica may be at Stripe at once. Each takes turns of the one pace that payouts are sent at, too
 * (D6): however many writers ask, or one asks, most turns stay theirs.
 */
const mostAtStripe = 8;

/**
 * A writer's payout account is a recipient account at Stripe, opened once a writer; Stripe's own pages ask for what it
 * needs to know, and its events say when the account can receive (`refresh-accounts.ts`).
 */
export function openPayoutAccount(server: Server, context: Context): void {
  server.get(
    '/v1/payout-account',
    {
      schema: {
        summary: "The writer's payout account: its state, and what it still needs",
        response: { 200: PayoutAccountSchema, ...problemResponses },
      },
      config: { access: ['writer'] },
    },
    async (request) => shown(await find(context, identityOf(request).userId)),
  );
  let atStripe = 0;
  server.post(
    '/v1/payout-account',
    {
      schema: {
        summary: 'Open a payout account, or go on with it at Stripe',
        response: { 200: OpenedPayoutAccountSchema, ...problemResponses },
      },
      config: { access: ['writer'] },
    },
    async (request, reply) => {
      const { userId } = identityOf(request);
      if (atStripe >= mostAtStripe) {
        void reply.header('retry-after', '2');
        throw new Refusal('unavailable', 'Many are opening their payout accounts just now: try again shortly.');
      }
      atStripe += 1;
      const link = await linkToAccount(context, userId)
        .catch((error: unknown) => {
          throw refusalOf(error);
        })
        .finally(() => {
          atStripe -= 1;
        });
      const account = shown(await find(context, userId));
      return { ...account, onboardingUrl: link.url, onboardingExpiresAt: new Date(link.expires_at).toISOString() };
    },
  );
}

async function linkToAccount(context: Context, userId: UserId) {
  return createLink(context, await openedOrAsked(context, userId));
}

/** Trouble at Stripe passes, and the request can be repeated; what Stripe finds not valid is our own bug. */
function refusalOf(error: unknown): unknown {
  const isPassing = error instanceof Stripe.errors.StripeError && !isDefiniteRefusal(error);
  return isPassing
    ? new Refusal('unavailable', 'The payment provider does not answer as it should: try again shortly.')
    : error;
}

/** The account's id. One that cannot receive is asked again for the capability: escrow may have another adapter by now. */
async function openedOrAsked(context: Context, userId: UserId): Promise<string> {
  const known = await find(context, userId);
  const accountId = known?.account_id ?? null;
  if (accountId === null) return openAtStripe(context, userId);
  if (known?.can_receive === true) return accountId;
  await context.stripe.call('v2.core.accounts.update', accountId, (sdk) =>
    sdk.v2.core.accounts.update(
      accountId,
      { configuration: { recipient: { capabilities: context.escrow.capabilities } } },
      { idempotencyKey: `payout-account-update-${context.ids.next()}` },
    ),
  );
  return accountId;
}

async function find(context: Context, userId: UserId): Promise<PayoutAccountTable | undefined> {
  return context.database.kysely
    .selectFrom('payout_account')
    .selectAll()
    .where('user_id', '=', userId)
    .executeTakeFirst();
}

/** The key is the writer's own, so that two requests, or one that is repeated after a crash, open one account. */
async function openAtStripe(context: Context, userId: UserId): Promise<string> {
  const account = await context.stripe.call('v2.core.accounts.create', userId, (sdk) =>
    sdk.v2.core.accounts.create(
      {
        identity: { country: 'us' },
        configuration: { recipient: { capabilities: context.escrow.capabilities } },
        metadata: { user_id: userId },
        include: ['configuration.recipient', 'requirements'],
      },
      { idempotencyKey: `payout-account-${idOfCause('payout_account', userId)}` },
    ),
  );
  const at = context.clock.now();
  await context.database.transaction((tx) =>
    sql`
      insert into payout_account (user_id, account_id, refresh_due, changed_at) values (${userId}, ${account.id}, true, ${at})
      on conflict do nothing`.execute(tx),
  );
  context.wake('accounts');
  return account.id;
}

async function createLink(context: Context, accountId: string) {
  const returnUrl = context.config.PAYOUT_ACCOUNT_URL;
  return context.stripe.call('v2.core.accountLinks.create', accountId, (sdk) =>
    sdk.v2.core.accountLinks.create(
      {
        account: accountId,
        use_case: {
          type: 'account_onboarding',
          account_onboarding: { refresh_url: returnUrl, return_url: returnUrl },
        },
      },
      // Links are single-use and short-lived: each request wants a new one.
      { idempotencyKey: `payout-account-link-${context.ids.next()}` },
    ),
  );
}

function shown(account: PayoutAccountTable | undefined): PayoutAccount {
  if (account === undefined) {
    return { state: 'none', accountId: null, requirements: [], whatToDo: adviceFor.no_payout_account };
  }
  const shared = { accountId: account.account_id, requirements: account.requirements };
  return account.can_receive
    ? { state: 'ready', ...shared, whatToDo: null }
    : { state: 'restricted', ...shared, whatToDo: adviceFor.account_restricted };
}
