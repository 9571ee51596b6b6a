import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { december, november, type RunningBilling, startBilling } from './running-billing.ts';

describe('renewals that are not paid', () => {
  let billing: RunningBilling;
  beforeAll(async () => {
    billing = await startBilling('2026-11-01T00:00:00.000Z');
    for (const user of ['anna', 'ben', 'cleo', 'dora', 'eve', 'fay']) await billing.subscribe(user, 1_000);
    for (const user of ['anna', 'ben', 'dora', 'fay']) await billing.changeCard(user, 'pm_card_chargeCustomerFail');
    await billing.changeCard('cleo', 'pm_card_authenticationRequired');
    await billing.control('POST', '/_sandbox/settings', { dunningEnd: 'mark_uncollectible' });
  });
  afterAll(() => billing?.stop());

  const read = async (user: string, path = '/v1/subscription') => (await billing.call(user, 'GET', path)).body;
  const funding = (user: string) => read(user, '/v1/funding?month=2026-12');
  const renewalOf = async (user: string) => {
    const { invoices } = (await read(user, '/v1/invoices')) as {
      invoices: { invoiceId: string; status: string; months: { month: string }[] }[];
    };
    const invoice = invoices.find(({ months }) => months.some(({ month }) => month === december));
    if (invoice === undefined) throw new Error(`${user} has no invoice for ${december}`);
    return invoice;
  };
  const pastDue = { subscription: { state: 'past_due' } };
  const active = { subscription: { state: 'active' } };
  const open = { paidCents: 0, openCents: 1_000, funding: 'expected' };
  const paid = { paidCents: 1_000, openCents: 0, funding: 'paid' };
  const none = { paidCents: 0, openCents: 0, funding: 'none' };

  test('E4: one whose invoice cannot be finalized stays expected, and active', async () => {
    await billing.at('2026-12-01T00:30:00.000Z');
    const drafts = await billing.stripe.invoices.list({ status: 'draft', limit: 100 });
    const { subscription } = (await read('eve')) as { subscription: { customerId: string } };
    const draft = drafts.data.find(({ customer }) => customer === subscription.customerId);
    await billing.control('POST', `/_sandbox/invoices/${draft?.id}`, { scene: 'fail_finalization' });
    await billing.at('2026-12-01T01:00:00.000Z');
    expect(await read('eve')).toMatchObject(active);
    expect(await funding('eve')).toMatchObject(open);
    expect(await renewalOf('eve')).toMatchObject({ status: 'draft' });
  });

  test('E4: the others are past due, their month is expected while Stripe tries again', async () => {
    for (const user of ['anna', 'ben', 'cleo', 'dora']) {
      expect(await read(user)).toMatchObject(pastDue);
      expect(await funding(user)).toMatchObject(open);
    }
    expect(await billing.standing('supporter_funds:anna:2026-12', 'suspense')).toEqual({
      'supporter_funds:anna:2026-12': 0,
      suspense: 0,
    });
  });

  test('E4: a card given in the portal pays with the next try, and the month is funded', async () => {
    const { body } = await billing.call('anna', 'POST', '/v1/subscription/portal');
    await billing.control('POST', new URL(String(body.portalUrl)).pathname, { card: 'pm_card_visa' });
    await billing.at('2026-12-04T01:00:00.000Z');
    expect(await read('anna')).toMatchObject(active);
    expect(await funding('anna')).toMatchObject(paid);
    expect(await billing.standing('supporter_funds:anna:2026-12')).toEqual({ 'supporter_funds:anna:2026-12': 1_000 });
  });

  test('E4: a payment that its holder has to authenticate funds the month once they have', async () => {
    await billing.control('POST', `/_sandbox/invoices/${(await renewalOf('cleo')).invoiceId}`, {
      scene: 'authenticate',
    });
    await billing.settled();
    expect(await read('cleo')).toMatchObject(active);
    expect(await funding('cleo')).toMatchObject(paid);
  });

  test('E4: a supporter past due can lower, cancel and resume, and the month stays unpaid', async () => {
    const change = { monthlyCents: 400, from: 'now' };
    expect((await billing.call('fay', 'PATCH', '/v1/subscription', change)).body).toMatchObject({
      subscription: { state: 'past_due', monthlyCents: 1_000, nextMonthlyCents: 400 },
    });
    expect((await billing.call('fay', 'DELETE', '/v1/subscription')).body).toMatchObject({
      subscription: { cancelAt: '2027-01-01T00:00:00.000Z' },
    });
    expect((await billing.call('fay', 'POST', '/v1/subscription/resume')).body).toMatchObject({
      subscription: { cancelAt: null },
    });
    await billing.settled();
    expect(await funding('fay')).toMatchObject(open);
    await billing.call('fay', 'PATCH', '/v1/subscription', { ...change, monthlyCents: 1_000 });
  });

  test('E4, A7: when it is given up, the month is unfunded, and the subscription stays past due', async () => {
    await billing.at('2026-12-08T01:00:00.000Z');
    expect(await renewalOf('ben')).toMatchObject({ status: 'uncollectible' });
    expect(await funding('ben')).toMatchObject(none);
    expect(await read('ben')).toMatchObject(pastDue);
    expect(billing.budget('ben', november)).toEqual(paid);
  });

  test('E4: what was given up can still be paid before the cutoff', async () => {
    await billing.changeCard('dora', 'pm_card_visa');
    await billing.stripe.invoices.pay((await renewalOf('dora')).invoiceId);
    await billing.settled();
    expect(await read('dora')).toMatchObject(active);
    expect(await funding('dora')).toMatchObject(paid);
  });

  test('E4: at the cutoff what is unpaid is voided, and past due goes on until the next renewal is paid', async () => {
    await billing.changeCard('ben', 'pm_card_visa');
    await billing.at('2027-01-01T00:30:00.000Z');
    for (const user of ['ben', 'fay']) {
      expect(await renewalOf(user)).toMatchObject({ status: 'void' });
      expect(await read(user)).toMatchObject(pastDue);
    }
    expect(await funding('eve')).toMatchObject({ ...none, closed: true });
    expect(billing.closing(december)).toMatchObject({ supporters: 3, paidCents: 3_000 });
    await billing.at('2027-01-01T01:00:00.000Z');
    expect(await read('ben')).toMatchObject(active);
    expect(await read('fay')).toMatchObject(pastDue);
    expect(await read('ben', '/v1/funding')).toMatchObject({ month: '2027-01', ...paid });
    expect(await funding('ben')).toMatchObject(none);
  });

  test('E4: the books hold what was paid, and nothing of it lies in suspense', async () => {
    const users = ['anna', 'ben', 'cleo', 'dora', 'eve', 'fay'];
    const standing = await billing.standing(...users.map((user) => `supporter_funds:${user}:2026-12`), 'suspense');
    expect(Object.values(standing)).toEqual([1_000, 0, 1_000, 1_000, 0, 0, 0]);
  });
});
