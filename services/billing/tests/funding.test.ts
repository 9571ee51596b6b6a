import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fundingHash, month, nextMonth } from '@wewrite/contracts';
import { december, november, type RunningBilling, startBilling } from './running-billing.ts';

const january = nextMonth(december);

describe('funding across two months', () => {
  let billing: RunningBilling;
  beforeAll(async () => {
    billing = await startBilling('2026-11-01T00:00:00.000Z');
    await billing.subscribe('anna', 1_000);
    await billing.subscribe('ben', 800);
    await billing.subscribe('cleo', 500);
    await billing.subscribe('dora', 700);
    await billing.subscribe('eve', 900);
    await billing.changeCard('ben', 'pm_card_chargeCustomerFail');
    await billing.changeCard('eve', 'pm_card_chargeCustomerFail');
    await billing.call('cleo', 'DELETE', '/v1/subscription');
    await billing.call('dora', 'PATCH', '/v1/subscription', { monthlyCents: 300, from: 'next_month' });
    await billing.settled();
  });
  afterAll(() => billing?.stop());

  test('B7: the next month is announced ahead, and the one after at its first instant', async () => {
    expect(billing.budget('anna', december)).toEqual({ paidCents: 0, openCents: 1_000, funding: 'expected' });
    expect(billing.budget('cleo', december)?.funding ?? 'none').toBe('none');
    expect(billing.budget('anna', january)).toBeUndefined();
    await billing.at('2026-12-01T00:00:00.000Z');
    expect(billing.budget('anna', january)).toEqual({ paidCents: 0, openCents: 1_000, funding: 'expected' });
    expect(billing.budget('dora', december)).toEqual({ paidCents: 0, openCents: 300, funding: 'expected' });
    expect(billing.budget('cleo', december)?.funding ?? 'none').toBe('none');
    expect((await billing.call('cleo', 'GET', '/v1/subscription')).body).toMatchObject({
      subscription: { state: 'ended', endedAt: '2026-12-01T00:00:00.000Z' },
    });
  });

  test('B7: after the cutoff the month closes with supporters, cents and their hash', async () => {
    expect(billing.closing(november)).toBeUndefined();
    await billing.at('2026-12-01T00:30:00.000Z');
    const hash = fundingHash();
    hash.add({ userId: 'anna', paidCents: 1_000 });
    hash.add({ userId: 'ben', paidCents: 800 });
    hash.add({ userId: 'cleo', paidCents: 500 });
    hash.add({ userId: 'dora', paidCents: 700 });
    hash.add({ userId: 'eve', paidCents: 900 });
    expect(billing.closing(november)).toMatchObject({ supporters: 5, paidCents: 3_900, hash: hash.digest() });
    expect((await billing.call('anna', 'GET', '/v1/funding?month=2026-11')).body).toMatchObject({ closed: true });
  });

  test('E1: an invoice that funded its month is not judged again once the month is closed', async () => {
    const accounts = ['supporter_funds:anna:2026-11', 'suspense'] as const;
    const before = await billing.standing(...accounts);
    const { data } = await billing.stripe.events.list({ type: 'invoice.paid', limit: 100 });
    for (const event of data) await redeliver(billing, { ...event, id: `${event.id}_late` });
    await billing.settled();
    expect(before).toEqual({ 'supporter_funds:anna:2026-11': 1_000, suspense: 0 });
    expect(await billing.standing(...accounts)).toEqual(before);
    expect(billing.budget('anna', november)).toEqual({ paidCents: 1_000, openCents: 0, funding: 'paid' });
  });

  test('E4: renewals that are paid fund the month, one that fails leaves it expected and the subscription past due', async () => {
    await billing.at('2026-12-01T01:00:00.000Z');
    expect(billing.budget('anna', december)).toEqual({ paidCents: 1_000, openCents: 0, funding: 'paid' });
    expect(billing.budget('dora', december)).toEqual({ paidCents: 300, openCents: 0, funding: 'paid' });
    expect(billing.budget('ben', december)).toEqual({ paidCents: 0, openCents: 800, funding: 'expected' });
    expect(billing.budget('ben', january)).toEqual({ paidCents: 0, openCents: 800, funding: 'expected' });
    expect((await billing.call('ben', 'GET', '/v1/subscription')).body).toMatchObject({
      subscription: { state: 'past_due' },
    });
  });

  test('E2: a cancelled subscription is not brought back by an event that comes again', async () => {
    const { data } = await billing.stripe.events.list({ type: 'customer.subscription.updated', limit: 100 });
    for (const event of data) await redeliver(billing, { ...event, id: `${event.id}_again` });
    await billing.settled();
    expect((await billing.call('cleo', 'GET', '/v1/subscription')).body).toMatchObject({
      subscription: { state: 'ended' },
    });
    expect(billing.budget('cleo', december)?.funding ?? 'none').toBe('none');
  });

  test('E7: money that is paid after the cutoff funds nothing, and goes back by way of suspense', async () => {
    await billing.at('2027-01-01T00:10:00.000Z');
    await billing.changeCard('eve', 'pm_card_visa');
    const [invoiceId = ''] = await openInvoices(billing, 'eve', '2026-12');
    await billing.stripe.invoices.pay(invoiceId);
    await billing.settled();
    expect(await billing.standing('suspense', 'supporter_funds:eve:2026-12')).toEqual({
      suspense: 0,
      'supporter_funds:eve:2026-12': 0,
    });
    expect((await billing.stripe.refunds.list()).data).toMatchObject([{ amount: 900, status: 'succeeded' }]);
    expect(billing.budget('eve', december)).toEqual({ paidCents: 0, openCents: 0, funding: 'none' });
    const { invoices } = (await billing.call('eve', 'GET', '/v1/invoices')).body as {
      invoices: { invoiceId: string; outcome: string; suspenseReason: string }[];
    };
    expect(invoices.find((invoice) => invoice.invoiceId === invoiceId)).toMatchObject({
      outcome: 'suspended',
      suspenseReason: 'paid_late',
    });
  });

  test('E7: an invoice that is still open at the cutoff is voided, and its month is unfunded', async () => {
    const [invoiceId = ''] = await openInvoices(billing, 'ben', '2026-12');
    await billing.at('2027-01-01T00:30:00.000Z');
    expect((await billing.stripe.invoices.retrieve(invoiceId)).status).toBe('void');
    expect(billing.budget('ben', december)).toEqual({ paidCents: 0, openCents: 0, funding: 'none' });
    expect(billing.closing(december)).toMatchObject({ supporters: 2, paidCents: 1_300 });
    expect(billing.budget('ben', january)).toMatchObject({ funding: 'expected' });
  });

  test('E4: a subscription that is paid again after a lapse funds the next month', async () => {
    await billing.changeCard('ben', 'pm_card_visa');
    await billing.at('2027-01-01T01:00:00.000Z');
    expect(billing.budget('ben', january)).toEqual({ paidCents: 800, openCents: 0, funding: 'paid' });
    expect(billing.budget('ben', month('2027-02'))).toEqual({ paidCents: 0, openCents: 800, funding: 'expected' });
    expect((await billing.call('ben', 'GET', '/v1/subscription')).body).toMatchObject({
      subscription: { state: 'active' },
    });
  });

  test('E1: what was paid is in the ledger once, fees and availability included', async () => {
    await billing.at('2027-01-10T00:00:00.000Z');
    const standing = await billing.standing('stripe:pending', 'stripe:payments', 'stripe:fees', 'suspense');
    const balance = await billing.stripe.balance.retrieve();
    expect(standing['stripe:pending']).toBe(balance.pending[0]?.amount);
    expect(standing['stripe:payments']).toBe(balance.available[0]?.amount);
    const paid = await billing.stripe.balanceTransactions.list({ type: 'charge', limit: 100 });
    expect(standing['stripe:fees']).toBe(paid.data.reduce((sum, transaction) => sum + transaction.fee, 0));
  });

  test('B7: a closing is said once, also when its schedule runs again', async () => {
    const closings = billing.said.funding.filter((message) => message.part === 'closing').map(({ month }) => month);
    expect(closings).toEqual([...new Set(closings)]);
  });
});

describe('funding of what nobody told us of', () => {
  let billing: RunningBilling;
  beforeAll(async () => {
    billing = await startBilling('2026-11-01T00:00:00.000Z');
    const { data } = await billing.stripe.webhookEndpoints.list();
    for (const endpoint of data) await billing.stripe.webhookEndpoints.del(endpoint.id);
  });
  afterAll(() => billing?.stop());

  test('B7: an invoice whose webhook never came is found when the month’s funding closes', async () => {
    await billing.subscribe('anna', 1_000);
    expect(billing.budget('anna', november)).toMatchObject({ funding: 'none' });
    await billing.at('2026-12-01T00:30:00.000Z');
    expect(billing.budget('anna', november)).toEqual({ paidCents: 1_000, openCents: 0, funding: 'paid' });
    expect(billing.closing(november)).toMatchObject({ supporters: 1, paidCents: 1_000 });
  });

  test('E1: its money is available by Stripe’s time, found by the hourly sweep', async () => {
    expect(await billing.standing('stripe:pending', 'stripe:payments')).toEqual({
      'stripe:pending': 941,
      'stripe:payments': 0,
    });
    await billing.at('2026-12-01T01:00:00.000Z');
    expect(await billing.standing('stripe:pending', 'stripe:payments')).toEqual({
      'stripe:pending': 0,
      'stripe:payments': 941,
    });
  });
});

describe('money that becomes available', () => {
  let billing: RunningBilling;
  beforeAll(async () => {
    billing = await startBilling('2026-11-01T10:10:00.000Z');
    await billing.subscribe('anna', 1_000);
  });
  afterAll(() => billing?.stop());

  test('E1: it moves from pending to payments at its instant, not before', async () => {
    const { 'stripe:pending': pending } = await billing.standing('stripe:pending');
    await billing.at('2026-11-03T10:09:59.000Z');
    expect(await billing.standing('stripe:payments')).toEqual({ 'stripe:payments': 0 });
    await billing.at('2026-11-03T10:10:00.000Z');
    expect(await billing.standing('stripe:pending', 'stripe:payments')).toEqual({
      'stripe:pending': 0,
      'stripe:payments': pending,
    });
  });
});

async function openInvoices(billing: RunningBilling, userId: string, month: string): Promise<string[]> {
  const { invoices } = (await billing.call(userId, 'GET', '/v1/invoices')).body as {
    invoices: { invoiceId: string; status: string; months: { month: string }[] }[];
  };
  return invoices
    .filter((invoice) => invoice.status === 'open' && invoice.months.some((each) => each.month === month))
    .map((invoice) => invoice.invoiceId);
}

async function redeliver(billing: RunningBilling, event: object): Promise<void> {
  const payload = JSON.stringify(event);
  const header = billing.stripe.webhooks.generateTestHeaderString({ payload, secret: billing.secrets.platform });
  await billing.deliver('/webhooks/stripe', payload, header);
}
