import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { until, webhookReceiver } from './sandbox-for-tests.ts';
import { type StorageForTests, storageForTests } from './storage-for-tests.ts';

let sandbox: StorageForTests;
let stripe: Stripe;
let storage: string;
beforeEach(async () => {
  sandbox = await storageForTests();
  ({ stripe, storage } = sandbox);
});
afterEach(() => sandbox.stop());

describe('outbound payments', () => {
  beforeEach(async () => {
    await sandbox.fund(5000);
    await sandbox.drained();
  });

  test('set the money aside while they are processed, and take it when they are posted', async () => {
    await sandbox.changeSettings({ outboundPaymentDelaySeconds: 60 });
    const to = await sandbox.recipient();
    const more = { description: 'October', statement_descriptor: 'WEWRITE', metadata: { payout_id: 'p1' } };
    const payment = await stripe.v2.moneyManagement.outboundPayments.create(sandbox.order(to, 1200, more));
    expect(payment).toMatchObject({
      object: 'v2.money_management.outbound_payment',
      status: 'processing',
      cancelable: true,
      amount: { value: 1200, currency: 'usd' },
      from: { financial_account: storage, debited: { value: 1200, currency: 'usd' } },
      to: { recipient: to, credited: { value: 1200, currency: 'usd' } },
      expected_arrival_date: '2026-11-01T00:01:00.000Z',
      ...more,
    });
    expect(await sandbox.balances()).toEqual([3800, 1200]);
    await sandbox.steer('2026-11-01T00:01:00Z');
    expect(await stripe.v2.moneyManagement.outboundPayments.retrieve(payment.id)).toMatchObject({
      status: 'posted',
      cancelable: false,
      status_transitions: { posted_at: '2026-11-01T00:01:00.000Z' },
    });
    expect(await sandbox.balances()).toEqual([3800, 0]);
    expect(await sandbox.movements()).toEqual(['received_credit 5000 posted', 'outbound_payment -1200 posted']);
    expect((await sandbox.thinTypes()).slice(-3)).toEqual([
      'transaction.created',
      'transaction.updated',
      'outbound_payment.posted',
    ]);
  });

  test('are posted at once unless told otherwise, and can be returned: the money is there again', async () => {
    const { id } = await sandbox.pay(await sandbox.recipient(), 1200);
    await sandbox.drained();
    expect(await sandbox.balances()).toEqual([3800, 0]);
    await sandbox.control('POST', `/_sandbox/outbound_payments/${id}`, { outcome: 'returned' });
    expect(await stripe.v2.moneyManagement.outboundPayments.retrieve(id)).toMatchObject({
      status: 'returned',
      status_details: { returned: { reason: 'payout_method_closed' } },
      status_transitions: { posted_at: expect.any(String), returned_at: expect.any(String) },
    });
    expect(await sandbox.balances()).toEqual([5000, 0]);
    expect((await sandbox.movements()).slice(1)).toEqual([
      'outbound_payment -1200 posted',
      'outbound_payment_reversal 1200 posted',
    ]);
    expect((await sandbox.thinTypes()).at(-1)).toBe('outbound_payment.returned');
  });

  test('that fail or are canceled give back what they had set aside', async () => {
    await sandbox.changeSettings({ outboundPaymentDelaySeconds: 60 });
    const to = await sandbox.recipient();
    const [failing, canceled] = [await sandbox.pay(to, 1000), await sandbox.pay(to, 500)];
    await sandbox.control('POST', `/_sandbox/outbound_payments/${failing.id}`, { outcome: 'failed' });
    expect((await stripe.v2.moneyManagement.outboundPayments.cancel(canceled.id)).status).toBe('canceled');
    expect(await stripe.v2.moneyManagement.outboundPayments.retrieve(failing.id)).toMatchObject({
      status: 'failed',
      status_details: { failed: { reason: 'payout_method_declined' } },
    });
    expect(await sandbox.balances()).toEqual([5000, 0]);
    await expect(stripe.v2.moneyManagement.outboundPayments.cancel(canceled.id)).rejects.toMatchObject({
      type: 'AlreadyCanceledError',
    });
    await expect(stripe.v2.moneyManagement.outboundPayments.cancel(failing.id)).rejects.toMatchObject({
      type: 'NotCancelableError',
    });
    await sandbox.steer('2026-11-01T00:01:00Z');
    expect((await sandbox.movements()).slice(1)).toEqual(['outbound_payment -1000 void', 'outbound_payment -500 void']);
    expect(await sandbox.thinTypes()).toEqual(
      expect.arrayContaining(['outbound_payment.failed', 'outbound_payment.canceled']),
    );
    expect(await sandbox.thinTypes()).not.toContain('outbound_payment.posted');
  });

  test('need money in storage, an active recipient and a descriptor of 3 to 22 characters', async () => {
    const to = await sandbox.recipient();
    await expect(sandbox.pay(to, 5001)).rejects.toMatchObject({
      type: 'InsufficientFundsError',
      code: 'insufficient_funds',
    });
    const { id: passive } = await stripe.v2.core.accounts.create({ configuration: { recipient: {} } });
    await expect(sandbox.pay(passive, 1)).rejects.toMatchObject({
      type: 'FeatureNotEnabledError',
      code: 'recipient_feature_not_active',
    });
    await expect(sandbox.pay('acct_nothing', 1)).rejects.toMatchObject({ statusCode: 400, param: 'to[recipient]' });
    const other = sandbox.order(to, 1, {
      from: { financial_account: await sandbox.openAccount('payments'), currency: 'usd' },
    });
    await expect(stripe.v2.moneyManagement.outboundPayments.create(other)).rejects.toMatchObject({ statusCode: 400 });
    for (const descriptor of ['ab', 'a'.repeat(23)]) {
      await expect(
        stripe.v2.moneyManagement.outboundPayments.create(sandbox.order(to, 1, { statement_descriptor: descriptor })),
      ).rejects.toMatchObject({ statusCode: 400, param: 'statement_descriptor' });
    }
    await expect(sandbox.pay(to, 0)).rejects.toMatchObject({ param: 'amount[value]' });
    expect(await sandbox.balances()).toEqual([5000, 0]);
  });

  test('D3: a key executes failures again, and makes one payment', async () => {
    const to = await sandbox.recipient();
    const create = (key: string) =>
      stripe.v2.moneyManagement.outboundPayments.create(sandbox.order(to, 6000), { idempotencyKey: key });
    await expect(create('payout-1-1')).rejects.toMatchObject({ code: 'insufficient_funds' });
    await sandbox.fund(1000);
    await sandbox.drained();
    const first = await create('payout-1-1');
    expect((await create('payout-1-1')).id).toBe(first.id);
    await expect(
      stripe.v2.moneyManagement.outboundPayments.create(sandbox.order(to, 1), { idempotencyKey: 'payout-1-1' }),
    ).rejects.toMatchObject({ type: 'StripeIdempotencyError' });
    expect((await stripe.v2.moneyManagement.outboundPayments.list({ recipient: to })).data).toHaveLength(1);
  });

  test('are told by thin webhooks, whose objects can be fetched', async () => {
    const receiver = await webhookReceiver();
    try {
      const destination = await stripe.v2.core.eventDestinations.create({
        name: 'money',
        type: 'webhook_endpoint',
        event_payload: 'thin',
        enabled_events: ['v2.money_management.outbound_payment.posted', 'v2.money_management.transaction.created'],
        webhook_endpoint: { url: receiver.url },
        include: ['webhook_endpoint.signing_secret'],
      });
      const { id } = await sandbox.pay(await sandbox.recipient(), 700);
      await sandbox.drained();
      const secret = String(destination.webhook_endpoint?.signing_secret);
      const told = receiver.received.map(({ body, signature }) =>
        stripe.parseEventNotification(body, signature, secret),
      );
      expect(told).toHaveLength(2);
      for (const notification of told) {
        if (notification.type === 'v2.money_management.outbound_payment.posted') {
          expect(await notification.fetchRelatedObject()).toMatchObject({ id, status: 'posted' });
        } else if (notification.type === 'v2.money_management.transaction.created') {
          expect(await notification.fetchRelatedObject()).toMatchObject({ category: 'outbound_payment' });
        } else throw new Error(notification.type);
      }
    } finally {
      await receiver.stop();
    }
  });
});

describe('v2 lists', () => {
  beforeEach(async () => {
    await sandbox.fund(5000);
    await sandbox.drained();
  });

  test('are paged by address, newest first, and bounded by RFC 3339 instants', async () => {
    const to = await sandbox.recipient();
    for (const day of ['02', '03', '04', '05', '06']) {
      await sandbox.steer(`2026-11-${day}T00:00:00Z`);
      await sandbox.pay(to, Number(day));
      await sandbox.drained();
    }
    await sandbox.pay(await sandbox.recipient(), 100);
    const { outboundPayments, transactions } = stripe.v2.moneyManagement;
    const paged: number[] = [];
    for await (const { amount } of outboundPayments.list({ recipient: to, limit: 2 })) paged.push(amount.value);
    expect(paged).toEqual([6, 5, 4, 3, 2]);
    const first = await outboundPayments.list({ recipient: to, limit: 2 });
    expect(first.previous_page_url).toBeNull();
    expect(first.next_page_url).toContain('/v2/money_management/outbound_payments?');
    // The SDK types the bounds as numbers; on the wire they are instants.
    const created = { gte: '2026-11-03T00:00:00Z', lt: '2026-11-05T00:00:00.000Z' } as never;
    const between = await transactions.list({ financial_account: storage, created });
    expect(between.data.map(({ amount }) => amount.value)).toEqual([-4, -3]);
    await expect(transactions.list({ created: { gte: 1_790_000_000 } })).rejects.toMatchObject({
      statusCode: 400,
      param: 'created[gte]',
    });
    const posted = await outboundPayments.list({ recipient: to, status: ['processing', 'canceled'] });
    expect(posted.data).toEqual([]);
    await expect(outboundPayments.list({ page: 'x' } as never)).rejects.toMatchObject({ param: 'page' });
  });

  test('lag behind for so many calls, or so long, as the settings say; reading by id does not', async () => {
    const { outboundPayments } = stripe.v2.moneyManagement;
    const to = await sandbox.recipient();
    const found = async () => (await outboundPayments.list({ recipient: to })).data.map(({ id }) => id);
    await sandbox.changeSettings({ listLagCalls: 2 });
    const first = await sandbox.pay(to, 1);
    expect((await outboundPayments.retrieve(first.id)).id).toBe(first.id);
    expect([await found(), await found(), await found()]).toEqual([[], [], [first.id]]);
    await sandbox.changeSettings({ listLagCalls: 0, listLagMs: 300 });
    const second = await sandbox.pay(to, 2);
    expect(await found()).toEqual([first.id]);
    await until(async () => (await found()).length === 2, 'the list has caught up');
    expect(await found()).toEqual([second.id, first.id]);
    expect(await sandbox.control('GET', '/_sandbox/settings')).toMatchObject({ listLagMs: 300, listLagCalls: 0 });
  });
});
