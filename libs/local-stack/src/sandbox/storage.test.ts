import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { seconds } from './sandbox-for-tests.ts';
import { type StorageForTests, storageForTests } from './storage-for-tests.ts';

let sandbox: StorageForTests;
let stripe: Stripe;
let storage: string;
beforeEach(async () => {
  sandbox = await storageForTests();
  ({ stripe, storage } = sandbox);
});
afterEach(() => sandbox.stop());

describe('financial accounts', () => {
  test('are opened outside: storage in v2 shapes, anything else is other', async () => {
    const account = await stripe.v2.moneyManagement.financialAccounts.retrieve(storage);
    expect(storage).toMatch(/^fa_/);
    expect(account).toMatchObject({
      object: 'v2.money_management.financial_account',
      type: 'storage',
      status: 'open',
      created: '2026-11-01T00:00:00.000Z',
      storage: { holds_currencies: ['usd'] },
    });
    const none = { usd: { value: 0, currency: 'usd' } };
    expect(account.balance).toEqual({ available: none, inbound_pending: none, outbound_pending: none });
    const other = await stripe.v2.moneyManagement.financialAccounts.retrieve(await sandbox.openAccount('payments'));
    expect(other).toMatchObject({ type: 'other', other: { type: 'payments' } });
    await expect(stripe.v2.moneyManagement.financialAccounts.retrieve('fa_nothing')).rejects.toMatchObject({
      statusCode: 404,
    });
  });

  test('that are closed neither receive nor pay', async () => {
    await sandbox.fund(1000);
    await sandbox.drained();
    await sandbox.control('POST', `/_sandbox/financial_accounts/${storage}`, { status: 'closed' });
    expect((await stripe.v2.moneyManagement.financialAccounts.retrieve(storage)).status).toBe('closed');
    await expect(sandbox.fund(1000)).rejects.toMatchObject({ statusCode: 400, param: 'payout_method' });
    await expect(sandbox.pay(await sandbox.recipient(), 100)).rejects.toMatchObject({
      type: 'FinancialAccountNotOpenError',
    });
  });

  test('can be charged a fee, even below zero', async () => {
    await sandbox.control('POST', `/_sandbox/financial_accounts/${storage}/fees`, { amount: 25 });
    expect(await sandbox.balances()).toEqual([-25, 0]);
    expect(await sandbox.movements()).toEqual(['stripe_fee -25 posted']);
  });
});

describe('payouts into storage', () => {
  test('leave the payments balance at once and arrive as a received credit', async () => {
    const payout = await sandbox.fund(4000, { description: 'close 2026-11', metadata: { move: 'm1' } });
    expect(payout).toMatchObject({
      status: 'pending',
      amount: 4000,
      payout_method: storage,
      destination: null,
      metadata: { move: 'm1' },
    });
    expect((await stripe.balance.retrieve()).available[0]?.amount).toBe(6000);
    await sandbox.drained();
    expect(await stripe.payouts.retrieve(payout.id, { expand: ['balance_transaction'] })).toMatchObject({
      status: 'paid',
      balance_transaction: { type: 'payout', amount: -4000, net: -4000, fee: 0, source: payout.id },
    });
    expect(await sandbox.balances()).toEqual([4000, 0]);
    const { data: credits } = await stripe.v2.moneyManagement.receivedCredits.list();
    expect(credits).toMatchObject([
      {
        amount: { value: 4000, currency: 'usd' },
        balance_transfer: { payout: payout.id, type: 'payout' },
        description: 'close 2026-11',
        financial_account: storage,
        status: 'succeeded',
        type: 'balance_transfer',
      },
    ]);
    expect(await sandbox.movements()).toEqual(['received_credit 4000 posted']);
    const types = (await stripe.events.list({ types: ['payout.created', 'payout.updated', 'payout.paid'] })).data;
    expect(types.map(({ type }) => type)).toEqual(['payout.paid', 'payout.created']);
    expect(await sandbox.thinTypes()).toEqual([
      'transaction.created',
      'received_credit.succeeded',
      'received_credit.available',
    ]);
  });

  test('are in transit for as long as the settings say', async () => {
    await sandbox.changeSettings({ payoutDelaySeconds: 300 });
    const { id } = await sandbox.fund(4000);
    await sandbox.drained();
    expect(await stripe.payouts.retrieve(id)).toMatchObject({
      status: 'in_transit',
      arrival_date: seconds('2026-11-01T00:05:00Z'),
    });
    expect((await stripe.payouts.list({ status: 'in_transit' })).data).toHaveLength(1);
    expect(await sandbox.balances()).toEqual([0, 0]);
    await sandbox.steer('2026-11-01T00:05:00Z');
    expect((await stripe.payouts.retrieve(id)).status).toBe('paid');
    expect(await sandbox.balances()).toEqual([4000, 0]);
    const [paid] = (await stripe.events.list({ type: 'payout.paid' })).data;
    expect(paid).toMatchObject({ created: seconds('2026-11-01T00:05:00Z'), request: null });
  });

  test('fail and are canceled on demand: the money is in the payments balance again', async () => {
    await sandbox.changeSettings({ payoutDelaySeconds: 300 });
    const [failing, canceled] = [await sandbox.fund(4000), await sandbox.fund(1000)];
    await sandbox.control('POST', `/_sandbox/payouts/${failing.id}`, { outcome: 'failed' });
    await sandbox.control('POST', `/_sandbox/payouts/${canceled.id}`, { outcome: 'canceled' });
    expect(await stripe.payouts.retrieve(failing.id, { expand: ['failure_balance_transaction'] })).toMatchObject({
      status: 'failed',
      failure_code: 'account_closed',
      failure_balance_transaction: { type: 'payout_failure', amount: 4000 },
    });
    expect(await stripe.payouts.retrieve(canceled.id)).toMatchObject({ status: 'canceled', failure_code: null });
    await sandbox.steer('2026-11-01T00:05:00Z');
    expect((await stripe.balance.retrieve()).available[0]?.amount).toBe(10_000);
    expect(await sandbox.balances()).toEqual([0, 0]);
    const types = (await stripe.events.list({ types: ['payout.failed', 'payout.canceled', 'payout.paid'] })).data;
    expect(types.map(({ type }) => type)).toEqual(['payout.canceled', 'payout.failed']);
    expect(await sandbox.control('POST', `/_sandbox/payouts/${failing.id}`, { outcome: 'paid' })).toMatchObject({
      error: { message: 'The payout is failed already.' },
    });
  });

  test('fail when the account is closed before they arrive', async () => {
    await sandbox.changeSettings({ payoutDelaySeconds: 300 });
    const { id } = await sandbox.fund(4000);
    await sandbox.control('POST', `/_sandbox/financial_accounts/${storage}`, { status: 'closed' });
    await sandbox.steer('2026-11-01T00:05:00Z');
    expect((await stripe.payouts.retrieve(id)).status).toBe('failed');
    expect((await stripe.balance.retrieve()).available[0]?.amount).toBe(10_000);
  });

  test('can be found from both sides: as the source of a balance transaction, and in the state', async () => {
    const { id } = await sandbox.fund(4000);
    await sandbox.drained();
    const { data } = await stripe.balanceTransactions.list({ type: 'payout', expand: ['data.source'] });
    expect(data).toMatchObject([{ source: { object: 'payout', id, status: 'paid' } }]);
    expect(await sandbox.control('GET', '/_sandbox/state')).toMatchObject({
      financial_account: [{ id: storage }],
      payout: [{ id }],
      received_credit: [{ balance_transfer: { payout: id } }],
      storage_transaction: [{ category: 'received_credit' }],
      outbound_payment: [],
    });
  });

  test('need money that is available and an account that exists', async () => {
    await expect(sandbox.fund(10_001)).rejects.toMatchObject({ statusCode: 400, code: 'balance_insufficient' });
    await expect(sandbox.fund(100, { payout_method: 'fa_nothing' })).rejects.toMatchObject({
      statusCode: 400,
      param: 'payout_method',
    });
  });

  test('go to the platform’s bank when no account is named, and storage gets nothing', async () => {
    const { id } = await stripe.payouts.create({ amount: 100, currency: 'usd' });
    await sandbox.drained();
    expect(await stripe.payouts.retrieve(id)).toMatchObject({ status: 'paid', payout_method: null });
    expect((await stripe.v2.moneyManagement.receivedCredits.list()).data).toEqual([]);
  });

  test('are limited to 15 a second where there are limits', async () => {
    const limited = await storageForTests({ rateLimit: { requestsPerSecond: 1000 } });
    try {
      const begun = performance.now();
      const outcomes = await Promise.allSettled(Array.from({ length: 60 }, () => limited.fund(1)));
      const seconds = Math.ceil((performance.now() - begun) / 1000);
      const refused = outcomes.filter(({ status }) => status === 'rejected');
      // The seconds that the calls took, and one more, as the first and the last are parts of a second.
      expect(outcomes.length - refused.length).toBeLessThanOrEqual(15 * (seconds + 1));
      expect(refused.length).toBeGreaterThan(0);
      expect(refused[0]).toMatchObject({
        reason: { statusCode: 429, headers: { 'stripe-rate-limited-reason': 'endpoint-rate' } },
      });
    } finally {
      await limited.stop();
    }
  });
});

describe('recipients', () => {
  const status = async (id: string) => {
    const include: Stripe.V2.Core.AccountRetrieveParams.Include[] = ['configuration.recipient', 'requirements'];
    const { configuration, requirements } = await stripe.v2.core.accounts.retrieve(id, { include });
    const capabilities = configuration?.recipient?.capabilities;
    return [
      capabilities?.bank_accounts?.local?.status,
      capabilities?.stripe_balance?.stripe_transfers?.status,
      requirements?.entries?.length,
    ];
  };

  test('have the capabilities that were requested, active after onboarding', async () => {
    const { id } = await stripe.v2.core.accounts.create({
      configuration: { recipient: { capabilities: { bank_accounts: { local: { requested: true } } } } },
    });
    expect(await status(id)).toEqual(['restricted', undefined, 1]);
    await sandbox.control('POST', `/_sandbox/onboarding/${id}`, { outcome: 'ready' });
    expect(await status(id)).toEqual(['active', undefined, 0]);
    expect((await stripe.events.list({ type: 'capability.updated' })).data).toEqual([]);
  });

  test('keep what they have when another capability is requested, and are onboarded again', async () => {
    const { id } = await stripe.v2.core.accounts.create({
      configuration: { recipient: { capabilities: { stripe_balance: { stripe_transfers: { requested: true } } } } },
    });
    await sandbox.control('POST', `/_sandbox/onboarding/${id}`, { outcome: 'ready' });
    const capabilities = { bank_accounts: { local: { requested: true } } };
    await stripe.v2.core.accounts.update(id, { configuration: { recipient: { capabilities } } });
    expect(await status(id)).toEqual(['restricted', 'active', 1]);
    await sandbox.control('POST', `/_sandbox/onboarding/${id}`, { outcome: 'ready' });
    expect(await status(id)).toEqual(['active', 'active', 0]);
    const withdrawn = { stripe_balance: { stripe_transfers: { requested: false } } };
    await stripe.v2.core.accounts.update(id, { configuration: { recipient: { capabilities: withdrawn } } });
    expect(await status(id)).toEqual(['active', undefined, 0]);
  });
});
