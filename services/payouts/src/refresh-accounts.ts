import { type MessageOf, type stripeReceived, writerChanged } from '@wewrite/contracts';
import { afterCommit, type Loop, type Received } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type Stripe from 'stripe';
import { type Context, loopNames } from './context.ts';
import type { PayoutAccountTable, Schema } from './db.ts';
import type { Escrow } from './escrow.ts';

const accountsPerStep = 16;

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
    update payout_account set refresh_due = true
    where user_id in (
      select user_id from payout_account where account_id = any(${accountIds}::text[]) order by user_id for update
    )`.execute(tx);
  afterCommit(tx, () => context.wake(loopNames.accounts));
}

/** Reads accounts again whose state may have changed, and says `writer.changed` when it has. */
export function refreshAccounts(context: Context): Loop {
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
      const accounts = await due().selectAll().orderBy('user_id').limit(accountsPerStep).execute();
      await Promise.all(accounts.map((account) => refresh(context, account)));
      return accounts.length > 0;
    },
  };
}

async function refresh(context: Context, known: PayoutAccountTable): Promise<void> {
  const accountId = known.account_id;
  if (accountId === null) return;
  // Lowered before the read: an event that comes meanwhile raises it again, and the account is read once more.
  await context.database.kysely
    .updateTable('payout_account')
    .set({ refresh_due: false })
    .where('user_id', '=', known.user_id)
    .execute();
  try {
    const account = await context.stripe.call('v2.core.accounts.retrieve', accountId, (sdk) =>
      sdk.v2.core.accounts.retrieve(accountId, { include: ['configuration.recipient', 'requirements'] }),
    );
    await apply(context, known.user_id, stateOf(context.escrow, account));
  } catch (error) {
    await context.database.kysely
      .updateTable('payout_account')
      .set({ refresh_due: true })
      .where('user_id', '=', known.user_id)
      .execute();
    throw error;
  }
}

interface AccountState {
  readonly canReceive: boolean;
  readonly requirements: readonly string[];
}

function stateOf(escrow: Escrow, account: Stripe.V2.Core.Account): AccountState {
  const outstanding = account.requirements?.entries?.map((entry) => entry.description) ?? [];
  return { canReceive: escrow.canReceive(account) && account.closed !== true, requirements: outstanding };
}

async function apply(context: Context, userId: string, state: AccountState): Promise<void> {
  const at = context.clock.now();
  await context.database.transaction(async (tx) => {
    const before = await tx
      .selectFrom('payout_account')
      .selectAll()
      .where('user_id', '=', userId)
      .forUpdate()
      .executeTakeFirstOrThrow();
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
