import {
  BillingInvoicesSchema,
  BillingSubscribedSchema,
  BillingSubscriptionAnswerSchema,
  HoldSchema,
  HoldsPageSchema,
  OpenedPayoutAccountSchema,
  PayoutPageSchema,
  type UserId,
  WriterStateAnswerSchema,
} from '@wewrite/contracts';
import { RunFailure } from '../exit-codes.ts';
import type { CommunityEvent, EventKind } from '../input/event.ts';
import { describeFault } from '../input/fault.ts';
import { fileNames } from '../input/input-files.ts';
import { pathOf } from './api.ts';
import { orderAtSandbox } from './order-at-sandbox.ts';
import { tokenOf, type World } from './world.ts';

/** Makes an event happen, by the API or at Stripe. Throws a RunFailure that names its line when it cannot. */
export async function playEvent(world: World, event: CommunityEvent): Promise<void> {
  await plays[event.kind](world, event).catch((error: unknown) => {
    const reason = `${event.kind} cannot happen: ${Error.isError(error) ? error.message : String(error)}`;
    const fault = { file: fileNames.events, line: event.line, column: null, reason };
    throw new RunFailure(describeFault(fault), { cause: error });
  });
}

type Play = (world: World, event: CommunityEvent) => Promise<void>;

const plays: Readonly<Record<EventKind, Play>> = {
  subscription_changed: (world, event) =>
    subscriptionCall(world, event, { method: 'PATCH', body: { monthlyCents: event.usdCents, from: 'now' } }),
  subscription_cancelled: (world, event) => subscriptionCall(world, event, { method: 'DELETE' }),
  subscription_resumed: (world, event) => subscriptionCall(world, event, { method: 'POST', sub: 'resume' }),
  subscribed_again: subscribeAgain,
  card_broken: (world, event) => changeCard(world, event.userId, 'pm_card_chargeCustomerFail'),
  card_mended: (world, event) => changeCard(world, event.userId, 'pm_card_visa'),
  refunded: refund,
  disputed: dispute,
  dispute_won: (world, event) => endDispute(world, event, 'winning_evidence'),
  dispute_lost: (world, event) => endDispute(world, event, 'losing_evidence'),
  account_restricted: (world, event) => endOnboarding(world, event.userId, 'restricted'),
  account_ready: (world, event) => endOnboarding(world, event.userId, 'ready'),
  payout_returned: returnPayout,
  writer_blocked: (world, event) => setWriterState(world, event.userId, 'blocked'),
  writer_opened: (world, event) => setWriterState(world, event.userId, 'open'),
  earnings_held: holdEarnings,
  earnings_released: releaseEarnings,
};

async function subscriptionCall(
  world: World,
  { userId }: CommunityEvent,
  { method, sub, body }: { method: 'PATCH' | 'DELETE' | 'POST'; sub?: string; body?: object },
): Promise<void> {
  await world.api.ask({
    method,
    path: sub === undefined ? '/v1/subscription' : `/v1/subscription/${sub}`,
    token: tokenOf(world, userId),
    ...(body === undefined ? {} : { body }),
    answer: BillingSubscriptionAnswerSchema,
  });
}

async function subscribeAgain(world: World, { userId, usdCents }: CommunityEvent): Promise<void> {
  const body = { monthlyCents: usdCents, paymentMethodId: 'pm_card_visa' };
  const token = tokenOf(world, userId);
  await world.api.ask({ method: 'POST', path: '/v1/subscription', token, body, answer: BillingSubscribedSchema });
}

/** From now on the supporter pays with another card. */
export async function changeCard(world: World, userId: UserId, card: string): Promise<void> {
  const { subscription } = await world.api.ask({
    method: 'GET',
    path: '/v1/subscription',
    token: tokenOf(world, userId),
    answer: BillingSubscriptionAnswerSchema,
  });
  const customer = subscription?.customerId ?? null;
  if (customer === null) throw new RunFailure(`${userId} is no customer at Stripe.`);
  const { id } = await world.stripe.paymentMethods.attach(card, { customer });
  await world.stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
}

/** As somebody at the platform does in Stripe's dashboard: part of the month's payments, or all that is left of them. */
async function refund(world: World, event: CommunityEvent): Promise<void> {
  let leftCents: number | null = event.usdCents;
  for (const payment of await paymentsOf(world, event)) {
    const refundableCents = payment.amountCents - payment.refundedCents;
    const amount = leftCents === null ? refundableCents : Math.min(leftCents, refundableCents);
    if (amount > 0) await world.stripe.refunds.create({ payment_intent: payment.intentId, amount });
    if (leftCents !== null) leftCents -= amount;
  }
  if (leftCents !== null && leftCents > 0) throw new RunFailure(`${leftCents} cents more than was paid.`);
}

async function dispute(world: World, event: CommunityEvent): Promise<void> {
  const [payment] = await paymentsOf(world, event);
  if (payment === undefined) throw new RunFailure(`${event.userId} paid nothing for ${event.month}.`);
  await orderAtSandbox(new URL('/_sandbox/disputes', world.sandboxUrl), { payment_intent: payment.intentId });
}

async function endDispute(world: World, event: CommunityEvent, evidence: string): Promise<void> {
  for (const { intentId } of await paymentsOf(world, event)) {
    const { data } = await world.stripe.disputes.list({ payment_intent: intentId });
    const open = data.find(({ status }) => status === 'needs_response' || status === 'under_review');
    if (open === undefined) continue;
    await orderAtSandbox(new URL(`/_sandbox/disputes/${open.id}`, world.sandboxUrl), { evidence });
    return;
  }
  throw new RunFailure(`no dispute of ${event.userId} about ${event.month} is open.`);
}

interface Payment {
  readonly intentId: string;
  readonly amountCents: number;
  readonly refundedCents: number;
}

/** What the supporter paid for the month, the latest payment first. */
async function paymentsOf(world: World, { userId, month }: CommunityEvent): Promise<Payment[]> {
  const { invoices } = await world.api.ask({
    method: 'GET',
    path: '/v1/invoices?limit=200',
    token: tokenOf(world, userId),
    answer: BillingInvoicesSchema,
  });
  const paid = invoices
    .filter(({ status, months }) => status === 'paid' && months.some((part) => part.month === month))
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  const payments: Payment[] = [];
  for (const { invoiceId } of paid) {
    const { data } = await world.stripe.invoicePayments.list({ invoice: invoiceId, status: 'paid' });
    for (const { payment, amount_paid: amountCents } of data) {
      const intentId = typeof payment.payment_intent === 'string' ? payment.payment_intent : payment.payment_intent?.id;
      if (intentId === undefined || amountCents === null) continue;
      const refunds = await world.stripe.refunds.list({ payment_intent: intentId });
      const standing = refunds.data.filter(({ status }) => status !== 'failed' && status !== 'canceled');
      const refundedCents = standing.reduce((sum, { amount }) => sum + amount, 0);
      payments.push({ intentId, amountCents, refundedCents });
    }
  }
  return payments;
}

/** Takes a writer's payout account, which is opened if there is none, through Stripe's onboarding. */
export async function endOnboarding(world: World, userId: UserId, outcome: 'ready' | 'restricted'): Promise<void> {
  const { accountId } = await world.api.ask({
    method: 'POST',
    path: '/v1/payout-account',
    token: tokenOf(world, userId),
    answer: OpenedPayoutAccountSchema,
  });
  if (accountId === null) throw new RunFailure(`payouts opened no account for ${userId}.`);
  await orderAtSandbox(new URL(`/_sandbox/onboarding/${encodeURIComponent(accountId)}`, world.sandboxUrl), { outcome });
}

/** The writer's bank sends the payout of a month back. */
async function returnPayout(world: World, { userId, month }: CommunityEvent): Promise<void> {
  const { payouts } = await world.api.ask({
    method: 'GET',
    path: '/v1/payouts',
    token: tokenOf(world, userId),
    answer: PayoutPageSchema,
  });
  const transferId = payouts.find((payout) => payout.month === month && payout.status === 'paid')?.transferId ?? null;
  if (transferId === null) throw new RunFailure(`${userId} was paid nothing for ${month}.`);
  if (transferId.startsWith('obp_')) {
    const url = new URL(`/_sandbox/outbound_payments/${transferId}`, world.sandboxUrl);
    await orderAtSandbox(url, { outcome: 'returned' });
  } else await world.stripe.transfers.createReversal(transferId);
}

async function setWriterState(world: World, userId: UserId, state: 'open' | 'blocked'): Promise<void> {
  const path = pathOf('writers', userId);
  await world.api.ask({
    method: 'PUT',
    path,
    token: world.tokens.service,
    body: { state },
    answer: WriterStateAnswerSchema,
  });
}

async function holdEarnings(world: World, { userId, month }: CommunityEvent): Promise<void> {
  const body = { recipientUserId: userId, month, reason: 'Held by an event of the story.' };
  await world.api.ask({ method: 'POST', path: '/v1/holds', token: world.tokens.admin, body, answer: HoldSchema });
}

async function releaseEarnings(world: World, { userId, month }: CommunityEvent): Promise<void> {
  const token = world.tokens.admin;
  const { holds } = await world.api.ask({
    method: 'GET',
    path: '/v1/holds?state=held',
    token,
    answer: HoldsPageSchema,
  });
  const own = holds.filter((hold) => hold.recipientUserId === userId && hold.month === month);
  if (own.length === 0) throw new RunFailure(`nothing of ${userId} in ${month} is held.`);
  for (const { holdId } of own) {
    const path = `${pathOf('holds', holdId)}/release`;
    const body = { reason: 'Released by an event of the story.' };
    await world.api.ask({ method: 'POST', path, token, body, answer: HoldSchema });
  }
}
