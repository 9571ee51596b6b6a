import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunningSandbox, startSandbox } from '@wewrite/local-stack/sandbox';
import type Stripe from 'stripe';
import { z } from 'zod';
import { orderAtSandbox } from '../demo/order-at-sandbox.ts';
import { RunFailure, UsageFault } from '../exit-codes.ts';
import { sandboxClient } from '../stack/webhook-endpoints.ts';
import { type SimulatedEvent, simulate, simulations } from './simulations.ts';

const deadlineMs = 60_000;

let sandbox: RunningSandbox;
let stripe: Stripe;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, databaseFile: ':memory:', now: '2026-11-01T00:00:00Z' });
  stripe = sandboxClient(sandbox.url, 'sk_test_sandbox');
  await stripe.products.create({ id: 'wewrite', name: 'WeWrite' });
});
afterAll(() => sandbox.stop());

const order = (path: string, body: object) => orderAtSandbox(new URL(path, sandbox.url), body);
const happen = (type: SimulatedEvent, id: string | null = null) => simulate({ url: sandbox.url, stripe }, type, id);
const price_data = {
  currency: 'usd',
  product: 'wewrite',
  unit_amount: 1_000,
  recurring: { interval: 'month' } as const,
};
const monthly = {
  billing_mode: { type: 'flexible' },
  billing_cycle_anchor_config: { day_of_month: 1, hour: 0, minute: 0, second: 0 },
  proration_behavior: 'create_prorations',
} as const;

async function subscribe(): Promise<Stripe.Subscription> {
  const { id: customer } = await stripe.customers.create({});
  const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card } });
  return stripe.subscriptions.create({ customer, items: [{ price_data, quantity: 1 }], ...monthly });
}

/** A writer who can be paid, by transfer or from storage. */
async function writer(): Promise<string> {
  const requested = { requested: true };
  const capabilities = { stripe_balance: { stripe_transfers: requested }, bank_accounts: { local: requested } };
  const { id } = await stripe.v2.core.accounts.create({ configuration: { recipient: { capabilities } } });
  await order(`/_sandbox/onboarding/${id}`, { outcome: 'ready' });
  return id;
}

/** Everything to which something can happen: more than one of what a simulation uses up. */
async function makeSubjects(): Promise<void> {
  for (let count = 0; count < 9; count++) await subscribe();
  const { id: customer } = await stripe.customers.create({});
  const urls = { success_url: 'http://localhost/done', cancel_url: 'http://localhost/back' };
  const line_items = [{ price_data, quantity: 1 }];
  await stripe.checkout.sessions.create({
    mode: 'subscription',
    customer,
    ...urls,
    line_items,
    subscription_data: monthly,
  });
  await order('/_sandbox/topups', { amount: 1_000_000 });
  const destination = await writer();
  await stripe.transfers.create({ amount: 500, currency: 'usd', destination, transfer_group: 'close-2026-10' });
  const opened = z.object({ id: z.string() }).parse(await order('/_sandbox/financial_accounts', { type: 'storage' }));
  await stripe.payouts.create({ amount: 50_000, currency: 'usd', payout_method: opened.id });
  await settled();
  const pay = () =>
    stripe.v2.moneyManagement.outboundPayments.create({
      from: { financial_account: opened.id, currency: 'usd' },
      to: { recipient: destination, currency: 'usd' },
      amount: { value: 1_000, currency: 'usd' },
    });
  await order('/_sandbox/settings', { payoutDelaySeconds: 86_400, outboundPaymentDelaySeconds: 86_400 });
  for (let count = 0; count < 3; count++) await pay();
  for (let count = 0; count < 3; count++) await stripe.payouts.create({ amount: 100, currency: 'usd' });
}

/** Waits until all that is due has been done. */
async function settled(): Promise<void> {
  const idle = z.object({ pending: z.number() });
  while (idle.parse(await (await fetch(`${sandbox.url}/idle`)).json()).pending > 0);
}

describe('simulations', () => {
  test('where nothing is to which it could happen, and for an id that does not fit, say so', async () => {
    await expect(happen('refund.created')).rejects.toThrow(RunFailure);
    await expect(happen('refund.created')).rejects.toThrow('There is not a paid charge');
    await expect(happen('refund.created', 'ch_nobody')).rejects.toThrow(UsageFault);
  });

  test(
    'make each event that they name',
    async () => {
      await makeSubjects();
      // A draft is there in the first hour of a month only.
      const { 'invoice.finalization_failed': ofDraft, ...ofNow } = simulations;
      for (const type of Object.keys(ofNow) as SimulatedEvent[]) {
        expect(await happen(type)).toEqual({ id: expect.stringMatching(/^evt_/), objectId: expect.any(String) });
      }
      const now = '2026-12-01T00:00:00.000Z';
      await fetch(`${sandbox.url}/clock`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ now }),
      });
      const draft = await happen('invoice.finalization_failed');
      expect(ofDraft.what).toContain('first hour');
      expect((await stripe.invoices.retrieve(draft.objectId)).status).toBe('draft');
    },
    deadlineMs,
  );

  test('happen to the object that is given', async () => {
    const { latest_invoice, id } = await subscribe();
    await subscribe();
    expect((await happen('customer.subscription.updated', id)).objectId).toBe(id);
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ cancel_at_period_end: true });
    expect(latest_invoice).not.toBeNull();
  });
});
