import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { priceOf, type SandboxForTests, sandboxForTests, seconds } from './sandbox-for-tests.ts';

let sandbox: SandboxForTests;
let stripe: Stripe;
let customer: Stripe.Customer;
let subscription: Stripe.Subscription;
beforeEach(async () => {
  sandbox = await sandboxForTests();
  stripe = sandbox.stripe;
  customer = await sandbox.customerWith('pm_card_visa');
  subscription = await sandbox.subscribe(customer.id, 1000);
});
afterEach(() => sandbox.stop());

const items = (amountCents: number) => [
  { id: String(subscription.items.data[0]?.id), price_data: priceOf(amountCents) },
];

/** A change that is billed at once and waits for its payment. */
function raise(amountCents: number, more: Stripe.SubscriptionUpdateParams = {}): Promise<Stripe.Subscription> {
  return stripe.subscriptions.update(subscription.id, {
    items: items(amountCents),
    proration_behavior: 'always_invoice',
    payment_behavior: 'pending_if_incomplete',
    ...more,
  });
}

async function useCard(card: string): Promise<string> {
  const { id } = await stripe.paymentMethods.attach(card, { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } });
  return id;
}

async function latestInvoice(): Promise<Stripe.Invoice> {
  const { latest_invoice: id } = await stripe.subscriptions.retrieve(subscription.id);
  return await stripe.invoices.retrieve(String(id));
}

const price = ({ items: { data } }: Stripe.Subscription) => data[0]?.price.unit_amount;
const now = async () => price(await stripe.subscriptions.retrieve(subscription.id));

async function toldOfUpdates(): Promise<string[]> {
  const types = ['customer.subscription.pending_update_applied', 'customer.subscription.pending_update_expired'];
  return (await stripe.events.list({ types })).data.map(({ type }) => type);
}

describe('E3: a raise that is invoiced at once', () => {
  test('bills what is left of the month: the old price back, the new one on top, paid before it counts', async () => {
    await sandbox.steer('2026-11-16T00:00:00Z');
    const raised = await raise(2500);
    expect(raised).toMatchObject({ status: 'active', pending_update: null });
    expect(price(raised)).toBe(2500);
    const invoice = await stripe.invoices.retrieve(String(raised.latest_invoice));
    expect(invoice).toMatchObject({
      status: 'paid',
      total: 750,
      amount_paid: 750,
      billing_reason: 'subscription_update',
    });
    expect(invoice.parent?.subscription_details?.subscription_proration_date).toBe(seconds('2026-11-16T00:00:00Z'));
    const period = { start: seconds('2026-11-16T00:00:00Z'), end: seconds('2026-12-01T00:00:00Z') };
    const { data: lines } = await stripe.invoices.listLineItems(invoice.id);
    expect(lines).toMatchObject([
      {
        amount: -500,
        period,
        parent: {
          subscription_item_details: {
            proration: true,
            proration_details: { credited_items: { invoice: subscription.latest_invoice } },
          },
        },
      },
      { amount: 1250, period, parent: { subscription_item_details: { proration: true } } },
    ]);
    const [payment] = (await stripe.invoicePayments.list({ invoice: invoice.id, status: 'paid' })).data;
    expect(payment?.amount_paid).toBe(750);
    await sandbox.steer('2026-12-01T01:00:00Z');
    expect(await latestInvoice()).toMatchObject({ billing_reason: 'subscription_cycle', total: 2500, status: 'paid' });
  });

  test('is prorated from the date it was given, which lies in the current period', async () => {
    await sandbox.steer('2026-11-16T00:07:00Z');
    await raise(2500, { proration_date: seconds('2026-11-16T00:00:00Z') });
    expect((await latestInvoice()).total).toBe(750);
    for (const instant of ['2026-10-31T23:59:59Z', '2026-12-01T00:00:00Z']) {
      await expect(raise(2500, { proration_date: seconds(instant) })).rejects.toMatchObject({
        statusCode: 400,
        param: 'proration_date',
      });
    }
  });

  test('under 50 ¢ is paid without cash and carried over, as Stripe does', async () => {
    await sandbox.steer('2026-11-30T00:00:00Z');
    await raise(1300);
    expect(await latestInvoice()).toMatchObject({ status: 'paid', total: 10, amount_paid: 0, ending_balance: 10 });
  });

  test('of a second time in a month bills from the first raise on', async () => {
    await sandbox.steer('2026-11-11T00:00:00Z');
    await raise(2500);
    expect((await latestInvoice()).total).toBe(1667 - 667);
    await sandbox.steer('2026-11-21T00:00:00Z');
    await raise(4000);
    expect((await latestInvoice()).lines.data.map(({ amount }) => amount)).toEqual([-834, 1333]);
  });

  test('gives back what was billed, whatever the price has become since', async () => {
    await stripe.subscriptions.update(subscription.id, { items: items(200), proration_behavior: 'none' });
    await sandbox.steer('2026-11-16T00:00:00Z');
    await raise(2500);
    expect((await latestInvoice()).total).toBe(1250 - 500);
  });

  test('gives back nothing where nothing was billed', async () => {
    await sandbox.steer('2026-11-16T00:00:00Z');
    subscription = await sandbox.subscribe(customer.id, 1000, { proration_behavior: 'none' });
    await raise(2500);
    expect((await latestInvoice()).total).toBe(1250);
  });
});

describe('E3: a raise whose payment fails', () => {
  beforeEach(async () => {
    await sandbox.steer('2026-11-16T00:00:00Z');
    await useCard('pm_card_chargeCustomerFail');
  });

  test('waits, and changes nothing, until its invoice is paid', async () => {
    const waiting = await raise(2500);
    expect(waiting).toMatchObject({
      status: 'active',
      pending_update: {
        expires_at: seconds('2026-11-16T23:00:00Z'),
        subscription_items: [{ price: { unit_amount: 2500 } }],
      },
    });
    expect(price(waiting)).toBe(1000);
    const invoice = await latestInvoice();
    expect(invoice).toMatchObject({ status: 'open', total: 750, attempt_count: 1 });
    await expect(stripe.invoices.pay(invoice.id)).rejects.toMatchObject({ code: 'card_declined' });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
    await stripe.invoices.pay(invoice.id, { payment_method: await useCard('pm_card_visa') });
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
      status: 'active',
      pending_update: null,
    });
    expect(await now()).toBe(2500);
    await sandbox.steer('2026-11-20T00:00:00Z');
    expect(await now()).toBe(2500);
    expect(await toldOfUpdates()).toEqual(['customer.subscription.pending_update_applied']);
  });

  test('expires after 23 hours, its invoice void', async () => {
    await raise(2500);
    const invoice = await latestInvoice();
    await sandbox.steer('2026-11-16T22:59:59Z');
    expect((await stripe.invoices.retrieve(invoice.id)).status).toBe('open');
    await sandbox.steer('2026-11-16T23:00:00Z');
    expect((await stripe.invoices.retrieve(invoice.id)).status).toBe('void');
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
      status: 'active',
      pending_update: null,
    });
    expect(await now()).toBe(1000);
    expect(await toldOfUpdates()).toEqual(['customer.subscription.pending_update_expired']);
  });

  test('expires at the end of the period, before it is renewed at the old price', async () => {
    await sandbox.steer('2026-11-30T12:00:00Z');
    const waiting = await raise(20_000);
    expect(waiting.pending_update?.expires_at).toBe(seconds('2026-12-01T00:00:00Z'));
    await useCard('pm_card_visa');
    await sandbox.steer('2026-12-01T01:00:00Z');
    expect(await latestInvoice()).toMatchObject({ total: 1000, status: 'paid', billing_reason: 'subscription_cycle' });
  });

  test('is given up when its invoice is voided, or another raise replaces it', async () => {
    await raise(2500);
    const first = await latestInvoice();
    await raise(3000);
    expect((await stripe.invoices.retrieve(first.id)).status).toBe('void');
    await stripe.invoices.voidInvoice((await latestInvoice()).id);
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ pending_update: null });
    await sandbox.steer('2026-11-17T00:00:00Z');
    expect(await now()).toBe(1000);
    expect(await toldOfUpdates()).toEqual([]);
  });

  test('is refused or leaves the subscription past_due, where payment_behavior says so', async () => {
    await expect(raise(2500, { payment_behavior: 'error_if_incomplete' })).rejects.toMatchObject({ statusCode: 402 });
    expect(await now()).toBe(1000);
    expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(1);
    const allowed = await raise(2500, { payment_behavior: 'allow_incomplete' });
    expect(allowed.status).toBe('past_due');
    expect(price(allowed)).toBe(2500);
  });

  test('cannot wait together with what needs no payment', async () => {
    await expect(raise(2500, { metadata: { plan: 'x' } })).rejects.toMatchObject({
      statusCode: 400,
      param: 'metadata',
    });
  });
});

describe('a preview', () => {
  const preview = (details?: Stripe.InvoiceCreatePreviewParams.SubscriptionDetails) =>
    stripe.invoices.createPreview({
      customer: customer.id,
      subscription: subscription.id,
      ...(details === undefined ? {} : { subscription_details: details }),
    });

  test('of a raise is the invoice that the raise then makes, and makes none', async () => {
    await sandbox.steer('2026-11-16T00:00:00Z');
    const date = seconds('2026-11-16T00:00:00Z');
    const change = { items: items(2500), proration_behavior: 'always_invoice' as const, proration_date: date };
    const seen = await preview(change);
    expect(seen).toMatchObject({ status: 'draft', total: 750, amount_due: 750, billing_reason: 'subscription_update' });
    expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(1);
    expect(await now()).toBe(1000);
    await raise(2500, { proration_date: date });
    const amounts = ({ lines }: Stripe.Invoice) => lines.data.map(({ amount, period }) => ({ amount, period }));
    expect(amounts(await latestInvoice())).toEqual(amounts(seen));
  });

  test('without proration is the next renewal, at the new price if there is one', async () => {
    const period = { start: seconds('2026-12-01T00:00:00Z'), end: seconds('2027-01-01T00:00:00Z') };
    expect(await preview()).toMatchObject({ total: 1000, billing_reason: 'upcoming', lines: { data: [{ period }] } });
    expect(await preview({ items: items(700), proration_behavior: 'none' })).toMatchObject({ total: 700 });
    await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    await expect(preview()).rejects.toMatchObject({ statusCode: 404, code: 'invoice_upcoming_none' });
  });

  test('needs a subscription of that customer', async () => {
    const other = await stripe.customers.create({});
    await expect(
      stripe.invoices.createPreview({ customer: other.id, subscription: subscription.id }),
    ).rejects.toMatchObject({ statusCode: 400, param: 'customer' });
    await expect(stripe.invoices.createPreview({ subscription: 'sub_nothing' })).rejects.toMatchObject({
      statusCode: 400,
    });
  });
});
