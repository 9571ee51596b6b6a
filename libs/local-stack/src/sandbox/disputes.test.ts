import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { drained, type SandboxForTests, sandboxForTests } from './sandbox-for-tests.ts';

let sandbox: SandboxForTests;
let stripe: Stripe;
beforeEach(async () => {
  sandbox = await sandboxForTests();
  stripe = sandbox.stripe;
});
afterEach(() => sandbox.stop());

/** The payment intent of a month of $10.00, paid with a card. */
async function payment(card: string): Promise<string> {
  const customer = await sandbox.customerWith(card);
  const subscription = await sandbox.subscribe(customer.id, 1000);
  const { data } = await stripe.invoicePayments.list({ invoice: String(subscription.latest_invoice) });
  await drained(sandbox.url);
  return String(data[0]?.payment.payment_intent);
}

const available = async () => (await stripe.balance.retrieve()).available[0]?.amount;
const disputeOf = async (intent: string) => (await stripe.disputes.list({ payment_intent: intent })).data[0];
const decide = (id: string | undefined, evidence: string) =>
  sandbox.control('POST', `/_sandbox/disputes/${id}`, { evidence });

async function told(): Promise<string[]> {
  const { data } = await stripe.events.list({ limit: 100 });
  return data.flatMap(({ type }) => (type.startsWith('charge.dispute.') ? [type.slice(15)] : [])).reverse();
}

describe('disputes', () => {
  test('take the money and a fee at once, and give the money back when they are won', async () => {
    const intent = await payment('pm_card_createDispute');
    const opened = await disputeOf(intent);
    expect(opened).toMatchObject({
      status: 'needs_response',
      amount: 1000,
      payment_intent: intent,
      balance_transactions: [
        { type: 'adjustment', reporting_category: 'dispute', amount: -1000, fee: 1500, net: -2500 },
      ],
    });
    expect(await available()).toBe(-2500);
    await decide(opened?.id, 'winning_evidence');
    const won = await stripe.disputes.retrieve(opened?.id ?? '');
    expect(won.status).toBe('won');
    expect(won.balance_transactions).toMatchObject([{ amount: -1000 }, { amount: 1000, fee: 0 }]);
    expect(await available()).toBe(-1500);
    expect(await told()).toEqual(['created', 'updated', 'funds_withdrawn', 'closed', 'funds_reinstated']);
    await expect(decide(opened?.id, 'losing_evidence')).resolves.toMatchObject({ error: expect.anything() });
  });

  test('keep the money when they are lost, and let nothing be refunded', async () => {
    const intent = await payment('pm_card_visa');
    await sandbox.control('POST', '/_sandbox/disputes', { payment_intent: intent, amount: 400 });
    const opened = await disputeOf(intent);
    await expect(stripe.refunds.create({ payment_intent: intent })).rejects.toMatchObject({ code: 'charge_disputed' });
    await decide(opened?.id, 'losing_evidence');
    expect((await disputeOf(intent))?.status).toBe('lost');
    expect(await available()).toBe(-1900);
    expect(await told()).toEqual(['created', 'updated', 'funds_withdrawn', 'closed']);
  });

  test('may be inquiries, which move nothing until they are lost', async () => {
    const intent = await payment('pm_card_createDisputeInquiry');
    const asked = await disputeOf(intent);
    expect(asked).toMatchObject({ status: 'warning_needs_response', balance_transactions: [] });
    expect(await available()).toBe(0);
    await decide(asked?.id, 'losing_evidence');
    expect(await disputeOf(intent)).toMatchObject({
      status: 'needs_response',
      balance_transactions: [{ amount: -1000 }],
    });
    const other = await disputeOf(await payment('pm_card_createDisputeInquiry'));
    await decide(other?.id, 'winning_evidence');
    expect((await stripe.disputes.retrieve(other?.id ?? '')).status).toBe('warning_closed');
  });

  test('come after warnings of fraud, which are told and change nothing', async () => {
    const intent = await payment('pm_card_visa');
    await sandbox.control('POST', '/_sandbox/early_fraud_warnings', { payment_intent: intent });
    const [event] = (await stripe.events.list({ type: 'radar.early_fraud_warning.created' })).data;
    expect(event?.data.object).toMatchObject({ payment_intent: intent, actionable: true });
    expect(await disputeOf(intent)).toBeUndefined();
  });
});
