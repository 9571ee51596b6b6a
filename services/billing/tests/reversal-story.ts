import {
  balanceAdjusted,
  cents,
  closingKey,
  earningsCalculated,
  earningsReversed,
  type MessageOf,
  type Month,
  monthLocked,
  type ReversalKind,
  UserIdSchema,
} from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import { chunkOf, closing, earned, run, supporters } from './locked-month.ts';
import type { RunningBilling } from './running-billing.ts';

type Adjustment = MessageOf<typeof balanceAdjusted>;

/** anna, ben and cleo pay for November as `locked-month.ts` has it, and there is money to refund from. */
export async function payForNovember(billing: RunningBilling): Promise<void> {
  await billing.control('POST', '/_sandbox/topups', { amount: 10_000 });
  await billing.subscribe('anna', 1_000);
  await billing.subscribe('ben', 800);
  await billing.subscribe('cleo', 200);
}

/** Completes November's funding, locks it and calculates its earnings: anna's and ben's money is wanda's and will's. */
export async function closeNovember(billing: RunningBilling): Promise<void> {
  await billing.at('2026-12-01T00:30:00.000Z');
  for (const body of [chunkOf(0, supporters), { ...closing, chunks: 1 }]) {
    const key = body.part === 'chunk' ? `${run.runId}:${body.chunk}` : closingKey(run.runId);
    await billing.harness.say(monthLocked, { key, body, id: idOfCause('month.locked', key) });
  }
  for (const body of earned) {
    const key = body.part === 'writer' ? body.recipientUserId : closingKey(run.runId);
    await billing.harness.say(earningsCalculated, { key, body, id: idOfCause('earnings.calculated', key) });
  }
  await billing.settled();
}

/** The payment intent behind a supporter's newest invoice. */
export async function paymentOf(billing: RunningBilling, userId: string): Promise<string> {
  const { invoices } = (await billing.call(userId, 'GET', '/v1/invoices')).body as {
    invoices: { invoiceId: string; createdAt: string }[];
  };
  const newest = invoices.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))[0];
  const { data } = await billing.stripe.invoicePayments.list({ invoice: newest?.invoiceId ?? '' });
  return String(data[0]?.payment.payment_intent);
}

/** A refund as somebody makes it in Stripe's dashboard; all that is left without an amount. */
export async function refund(billing: RunningBilling, userId: string, amount?: number): Promise<string> {
  const made = await billing.stripe.refunds.create({
    payment_intent: await paymentOf(billing, userId),
    ...(amount === undefined ? {} : { amount }),
  });
  await billing.settled();
  return made.id;
}

/** A dispute of a supporter's newest payment, opened by the bank. */
export async function dispute(
  billing: RunningBilling,
  userId: string,
  more: { readonly inquiry?: boolean; readonly amount?: number } = {},
): Promise<string> {
  const order = { payment_intent: await paymentOf(billing, userId), ...more };
  const { id } = (await billing.control('POST', '/_sandbox/disputes', order)) as { id: string };
  await billing.settled();
  return id;
}

/** The bank's decision. */
export async function decide(
  billing: RunningBilling,
  disputeId: string,
  verdict: 'winning' | 'losing',
  more: { readonly reinstated?: number } = {},
): Promise<void> {
  await billing.control('POST', `/_sandbox/disputes/${disputeId}`, { evidence: `${verdict}_evidence`, ...more });
  await billing.settled();
}

/** What earnings says of a reversal: its sums. Net is gross less fee. */
export async function sayReversed(
  billing: RunningBilling,
  reversal: { reversalId: string; kind: ReversalKind; settles?: string | null; stripeId?: string | null },
  sums: { userId: string; grossCents: number; feeCents: number; unallocatedCents: number; suspenseCents?: number },
): Promise<void> {
  const { reversalId } = reversal;
  const key = closingKey(reversalId);
  await billing.harness.say(earningsReversed, {
    key,
    id: idOfCause('earnings.reversed', reversalId, key),
    body: {
      part: 'closing',
      run,
      settles: null,
      stripeId: null,
      ...reversal,
      currency: 'usd',
      at: '2026-12-02T09:00:00.000Z',
      userId: UserIdSchema.parse(sums.userId),
      writers: 1,
      lineCount: 1,
      grossCents: cents(sums.grossCents),
      feeCents: cents(sums.feeCents),
      netCents: cents(sums.grossCents - sums.feeCents),
      unallocatedCents: cents(sums.unallocatedCents),
      suspenseCents: cents(sums.suspenseCents ?? 0),
    },
  });
  await billing.settled();
}

/** What payouts says a reversal, a repayment or a write-off came to for wanda. */
export async function sayAdjusted(
  billing: RunningBilling,
  kind: Adjustment['kind'],
  reversalId: string | null,
  { fall, rise }: { fall: number; rise: number },
  month: Month = run.month,
): Promise<void> {
  const adjustmentId = idOfCause('adjustment', kind, reversalId ?? 'none', fall, rise);
  await billing.harness.say(balanceAdjusted, {
    key: 'wanda',
    id: idOfCause('balance.adjusted', adjustmentId),
    body: {
      adjustmentId,
      kind,
      reversalId,
      recipientUserId: UserIdSchema.parse('wanda'),
      month,
      currency: 'usd',
      obligationsFallCents: cents(fall),
      receivableRiseCents: cents(rise),
      at: '2026-12-02T09:00:00.000Z',
    },
  });
  await billing.settled();
}

/** Sends every event of the types again, newest first, ten times each under ids of their own. */
export async function repeatEvents(billing: RunningBilling, types: readonly string[]): Promise<void> {
  const { data } = await billing.stripe.events.list({ types: [...types], limit: 100 });
  for (const event of data) {
    for (let copy = 0; copy < 10; copy++) {
      const payload = JSON.stringify({ ...event, id: `${event.id}_${copy}` });
      const signature = billing.stripe.webhooks.generateTestHeaderString({ payload, secret: billing.secrets.platform });
      await billing.deliver('/webhooks/stripe', payload, signature);
    }
  }
  await billing.settled();
}

/** Equations that do not hold, of all that were said. */
export function differences(billing: RunningBilling) {
  return billing.said.books.flatMap(({ stage, equations }) =>
    equations.filter((equation) => equation.differenceCents !== 0).map((equation) => ({ stage, ...equation })),
  );
}

/** The whole ledger, by the keys of its entries. */
export async function entryKeys(billing: RunningBilling): Promise<string[]> {
  const { body } = await billing.call('admin', 'GET', '/v1/ledger/entries?limit=200');
  return (body as { entries: { key: string }[] }).entries.map(({ key }) => key);
}
