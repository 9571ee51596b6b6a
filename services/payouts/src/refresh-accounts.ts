import { type MessageOf, type stripeReceived, writerChanged } from '@wewrite/contracts';
import { afterCommit, type Loop, type Received } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type Stripe from 'stripe';
import { type Context, loopNames } from './context.ts';
import type { PayoutAccountTable, Schema } from './db.ts';
import type { Escrow } from './escrow.ts';

const accountsPerStep = 16;

/** For the `set` of an update of `payout_account`: has the account read again. */
export const refreshAsked = sql`refresh_due = true, refresh_asked = refresh_asked + 1`;

/** E2: an event about an account only wakes; what the account is, is read from Stripe by the loop. */
export async function queueRefresh(
  context: Context,
  tx: Transaction<Schema>,
  messages: readonly Received<MessageOf<typeof stripeReceived>>[],
): Promise<void> {
  const accountIds = messages.flatMap(({ body }) => [
    body.objectId,
    ...(body.accountId === null ? [] : [body.accountId]),
  ]);
  await sql`
    update payout_account set ${refreshAsked}
    where user_id in (
      select user_id from payout_account where account_id = any(${accountIds}::text[]) order by user_id for update
    )`.execute(tx);
  afterCommit(tx, () => context.wake(loopNames.accounts));
}

/**
 * Reads accounts again whose state may have changed, and says `writer.changed` when it has. One that cannot be read does not
 * keep others waiting: they come in order of user id, those after it first.
 */
export function refreshAccounts(context: Context): Loop {
  let afterUserId = '';
  const due = () => context.database.kysely.selectFrom('payout_account').where('refresh_due', '=', true);
  return {
    name: loopNames.accounts,
    pollMs: 1_000,
    due: async () => {
      const { count } = await due()
        .select((select) => select.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return count;
    },
    step: async () => {
      const after = afterUserId;
      const accounts = await due()
        .selectAll()
        .where('user_id', '>', after)
        .orderBy('user_id')
        .limit(accountsPerStep)
        .execute();
      afterUserId = accounts.length < accountsPerStep ? '' : (accounts.at(-1)?.user_id ?? '');
      const failures: unknown[] = [];
      await context.inParallel(accounts, accountsPerStep, (account) =>
        refresh(context, account).catch((error: unknown) => void failures.push(error)),
      );
      if (failures.length > 0) throw failures[0];
      return accounts.length > 0 || after !== '';
    },
  };
}

async function refresh(context: Context, known: PayoutAccountTable): Promise<void> {
  const accountId = known.account_id;
  if (accountId === null) return;
  const account = await context.stripe.call('v2.core.accounts.retrieve', accountId, (sdk) =>
    sdk.v2.core.accounts.retrieve(accountId, { include: ['configuration.recipient', 'requirements'] }),
  );
  await apply(context, known, stateOf(context.escrow, account));
}

interface AccountState {
  readonly canReceive: boolean;
  readonly requirements: readonly string[];
}

function stateOf(escrow: Escrow, account: Stripe.V2.Core.Account): AccountState {
  const outstanding = account.requirements?.entries?.map((entry) => entry.description) ?? [];
  return { canReceive: escrow.canReceive(account) && account.closed !== true, requirements: outstanding };
}

/** What was read counts unless somebody has asked since: then it may be older than what they know of, and is read again. */
async function apply(
  context: Context,
  { user_id: userId, refresh_asked: asked }: PayoutAccountTable,
  state: AccountState,
): Promise<void> {
  const at = context.clock.now();
  await context.database.transaction(async (tx) => {
    const before = await tx
      .selectFrom('payout_account')
      .selectAll()
      .where('user_id', '=', userId)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (before.refresh_asked !== asked) return;
    await tx.updateTable('payout_account').set({ refresh_due: false }).where('user_id', '=', userId).execute();
    const isNews = before.version === 1 || before.can_receive !== state.canReceive;
    if (!isNews && JSON.stringify(before.requirements) === JSON.stringify(state.requirements)) return;
    const version = before.version + 1;
    await sql`
      update payout_account set can_receive = ${state.canReceive}, requirements = ${JSON.stringify(state.requirements)},
        version = ${version}, changed_at = ${at}
      where user_id = ${userId}`.execute(tx);
    const body = writerChanged.schema.parse({
      userId,
      version,
      accountId: before.account_id,
      canReceive: state.canReceive,
      reason: state.canReceive ? null : 'account_restricted',
    });
    await context.outbox.emit(tx, writerChanged, [{ key: userId, body }]);
  });
}
