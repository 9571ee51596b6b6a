// B8: revenue is paid to the platform's bank once a month, under one key for ever. The amount is decided in the ledger, the
// payout asked of Stripe outside of any transaction and recorded; whether a lost answer was a payout is looked up.
import { type Cents, cents, month as monthFrom } from '@wewrite/contracts';
import { balances, postTransfers } from '@wewrite/ledger';
import { backoffMs, type Loop } from '@wewrite/service-kit';
import { afterFailure, type StripeClient } from '@wewrite/service-kit/stripe';
import { sql } from 'kysely';
import type Stripe from 'stripe';
import { chart } from '../books/chart.ts';
import { transferOf } from '../books/transfer.ts';
import type { BillingContext, BillingTransaction } from '../context.ts';
import type { RevenueWithdrawal, RevenueWithdrawalState } from '../db.ts';
import { secondsOf } from '../stripe/seconds.ts';
import { escrowPosition } from './fund-escrow.ts';
import { type RevenuePosition, withdrawableCents } from './revenue.ts';

const lockKey = 7_117_203;
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const leaseMs = 10_000;
const nearMs = 10_000;
const followMs = 6 * 60 * minuteMs;
/** Stripe forgets a key of v1 after 24 hours. */
const keyLifetimeMs = 23 * 60 * minuteMs;

type Outcome =
  | { readonly kind: 'sent' | 'came_back'; readonly stripeId: string; readonly isOver: boolean }
  /** `as_it_was`: Stripe did not say where it is, or whether it was made; or has not begun: again, in the same way. */
  | { readonly kind: 'as_it_was' | 'look_up' | 'refused'; readonly failure: string };

export function withdrawRevenue(context: BillingContext): Loop {
  return {
    name: 'revenue',
    pollMs: 1_000,
    due: async () => {
      const until = new Date(context.time.now().getTime() + nearMs);
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from revenue_withdrawal where due_at <= ${until}`.execute(context.database.kysely);
      return rows[0]?.count ?? 0;
    },
    step: async () => {
      const withdrawal = await claim(context);
      if (withdrawal === undefined) return false;
      await context.telemetry.span({ name: 'withdraw revenue', parent: withdrawal.traceparent }, async () => {
        const outcome = await advance(context, withdrawal);
        await context.database.transaction((tx) => record(tx, context, withdrawal, outcome));
      });
      return true;
    },
  };
}

/** Takes the oldest that is due; one whose amount is not decided gets it here, or ends. */
async function claim(context: BillingContext): Promise<RevenueWithdrawal | undefined> {
  const now = context.time.now();
  return context.database.transaction(async (tx) => {
    // One at a time: two at once would take the same revenue twice.
    await sql`select pg_advisory_xact_lock(${lockKey})`.execute(tx);
    const row = await tx
      .selectFrom('revenue_withdrawal')
      .selectAll()
      .where('due_at', '<=', now)
      .where(({ eb, or }) => or([eb('lease_until', 'is', null), eb('lease_until', '<=', now)]))
      .orderBy('month')
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const isNew = row.state === 'pending';
    const amountCents = isNew ? await decide(tx, context) : row.amount_cents;
    const isNothing = isNew && amountCents === 0;
    const state = isNew ? (isNothing ? 'nothing' : 'sending') : row.state;
    const claimed = await tx
      .updateTable('revenue_withdrawal')
      .set({
        state,
        amount_cents: amountCents,
        tries: row.tries + 1,
        key_first_used_at: row.key_first_used_at ?? now,
        due_at: isNothing ? null : row.due_at,
        lease_until: isNothing ? null : new Date(now.getTime() + leaseMs),
      })
      .where('month', '=', row.month)
      .returningAll()
      .executeTakeFirst();
    return isNothing ? undefined : claimed;
  });
}

/** What others are about to withdraw has left the ledger in thought. */
async function decide(tx: BillingTransaction, { config }: BillingContext): Promise<Cents> {
  const { rows } = await sql<{ underWayCents: number }>`
    select coalesce(sum(amount_cents), 0)::bigint as "underWayCents"
      from revenue_withdrawal where state in ('sending', 'look_up', 'look_up_again')`.execute(tx);
  const position = await revenuePosition(tx);
  const underWayCents = rows[0]?.underWayCents ?? 0;
  return withdrawableCents(
    {
      ...position,
      withdrawnCents: cents(position.withdrawnCents + underWayCents),
      paymentsCents: cents(position.paymentsCents - underWayCents),
    },
    config.REVENUE_RETAINED_CENTS ?? Number.MAX_SAFE_INTEGER,
  );
}

async function revenuePosition(tx: BillingTransaction): Promise<RevenuePosition> {
  const income = ['platform_revenue:fees', 'platform_revenue:unallocated', 'platform_revenue:processing'];
  const expenses = ['stripe:fees', 'losses:disputes', 'losses:write_offs'];
  const standing = await balances(tx, {
    ids: [...income, ...expenses, 'creator_receivables', 'stripe:disputed', 'platform:bank'],
  });
  const sum = (ids: readonly string[]) => ids.reduce((total, id) => total + (standing.get(id) ?? 0), 0);
  const { obligationsCents, storageCents, inTransitCents, paymentsCents } = await escrowPosition(tx);
  return {
    earnedCents: cents(sum(income) - sum(expenses)),
    receivableCents: cents(sum(['creator_receivables'])),
    disputedCents: cents(sum(['stripe:disputed'])),
    withdrawnCents: cents(sum(['platform:bank'])),
    paymentsCents,
    uncoveredCents: cents(obligationsCents - storageCents - inTransitCents),
  };
}

async function advance({ stripe, time }: BillingContext, withdrawal: RevenueWithdrawal): Promise<Outcome> {
  const { state, key_first_used_at: keyFirstUsedAt } = withdrawal;
  const keyAgeMs = time.now().getTime() - (keyFirstUsedAt?.getTime() ?? 0);
  const isKeyGood = state === 'sending' && keyAgeMs <= keyLifetimeMs;
  try {
    return await (isKeyGood ? send(stripe, withdrawal) : find(stripe, withdrawal));
  } catch (error) {
    const { next, error: failed } = afterFailure(error);
    const failure = failed.code ?? failed.type;
    // A look that fails has seen nothing: least of all that there is none.
    if (!isKeyGood || next === 'same_key') return { kind: 'as_it_was', failure };
    // The key is the month's for ever: what is refused for lack of money is the next month's, too.
    return { kind: next === 'next_key' ? 'refused' : next, failure };
  }
}

async function send(stripe: StripeClient, { month, amount_cents: amount }: RevenueWithdrawal): Promise<Outcome> {
  const parameters = { amount, currency: 'usd', description: `Revenue, ${month}`, metadata: { revenue_month: month } };
  return outcomeOf(
    await stripe.call('payouts.create', month, (sdk) =>
      sdk.payouts.create(parameters, { idempotencyKey: `revenue-${month}` }),
    ),
  );
}

/** Where it is, or whether there is one. */
async function find(stripe: StripeClient, withdrawal: RevenueWithdrawal): Promise<Outcome> {
  const { month, stripe_id: stripeId, requested_at: requestedAt } = withdrawal;
  if (stripeId !== null) {
    return outcomeOf(await stripe.call('payouts.retrieve', stripeId, (sdk) => sdk.payouts.retrieve(stripeId)));
  }
  const filter = { created: { gte: secondsOf(new Date(requestedAt.getTime() - dayMs)) }, limit: 100 };
  return stripe.call('payouts.list', month, async (sdk) => {
    for await (const payout of sdk.payouts.list(filter)) {
      if (payout.metadata?.revenue_month === month) return outcomeOf(payout);
    }
    return { kind: 'look_up', failure: 'absent at a look-up' };
  });
}

function outcomeOf({ id: stripeId, status }: Stripe.Payout): Outcome {
  const hasComeBack = status === 'failed' || status === 'canceled';
  return { kind: hasComeBack ? 'came_back' : 'sent', stripeId, isOver: hasComeBack || status === 'paid' };
}

/** What a withdrawal becomes, and when it is looked at again; one that is absent twice, ten minutes apart, was not made (D3). */
function nextOf(
  { state, tries }: RevenueWithdrawal,
  outcome: Outcome,
): { state: RevenueWithdrawalState; pauseMs: number | null } {
  switch (outcome.kind) {
    case 'sent':
    case 'came_back':
      // Its events wake us, but those that came before its id was known here woke nobody.
      return { state: outcome.kind, pauseMs: outcome.isOver ? null : followMs };
    case 'refused':
      return { state: 'refused', pauseMs: null };
    case 'as_it_was':
      return { state, pauseMs: backoffMs(tries, 200, 15 * minuteMs) };
    case 'look_up':
      if (state === 'look_up_again') return { state: 'refused', pauseMs: null };
      if (state === 'look_up') return { state: 'look_up_again', pauseMs: 10 * minuteMs };
      return { state: 'look_up', pauseMs: backoffMs(0, 200, 200) };
  }
}

/** Records one step, unless another replica has recorded one meanwhile. What fails stays: its amount is the next month's. */
async function record(
  tx: BillingTransaction,
  context: BillingContext,
  withdrawal: RevenueWithdrawal,
  outcome: Outcome,
): Promise<void> {
  const { month, tries, stripe_id: stripeId, due_at: dueBefore } = withdrawal;
  const { state, pauseMs } = nextOf(withdrawal, outcome);
  const dueAt = pauseMs === null ? null : new Date(context.time.now().getTime() + pauseMs);
  const recorded = await tx
    .updateTable('revenue_withdrawal')
    .set({
      state,
      stripe_id: 'stripeId' in outcome ? outcome.stripeId : stripeId,
      failure: 'failure' in outcome ? outcome.failure : null,
      // An event that came while Stripe was asked has made it due already: that stays.
      due_at: sql`case when due_at = ${dueBefore} then ${dueAt}::timestamptz else due_at end`,
      lease_until: null,
    })
    .where('month', '=', month)
    .where('tries', '=', tries)
    .executeTakeFirst();
  if (recorded.numUpdatedRows !== 1n) return;
  if ('stripeId' in outcome) await post(tx, context, withdrawal, outcome);
  if (outcome.kind !== 'sent') context.log.error({ month, ...outcome }, 'revenue could not be withdrawn');
}

async function post(
  tx: BillingTransaction,
  context: BillingContext,
  withdrawal: RevenueWithdrawal,
  { kind, stripeId }: Extract<Outcome, { kind: 'sent' | 'came_back' }>,
): Promise<void> {
  const month = monthFrom(withdrawal.month);
  const key = `revenue_withdrawal:${month}`;
  const common = {
    kind: 'revenue_withdrawal',
    month,
    amountCents: cents(withdrawal.amount_cents),
    occurredAt: withdrawal.requested_at,
    stripeId,
  };
  const sent = transferOf({ ...common, key, debit: 'platform:bank', credit: 'stripe:payments' });
  const undone = {
    ...common,
    key: `${key}:returned`,
    debit: 'stripe:payments',
    credit: 'platform:bank',
    corrects: key,
  };
  const transfers = kind === 'sent' ? [sent] : [sent, transferOf(undone)];
  await postTransfers(tx, chart, transfers, context.clock.now());
}
