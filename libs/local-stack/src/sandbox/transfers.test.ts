import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { type SandboxForTests, sandboxForTests } from './sandbox-for-tests.ts';

let sandbox: SandboxForTests;
let stripe: Stripe;
beforeEach(async () => {
  sandbox = await sandboxForTests();
  stripe = sandbox.stripe;
});
afterEach(() => sandbox.stop());

function writer(): Promise<Stripe.V2.Core.Account> {
  return stripe.v2.core.accounts.create({
    contact_email: 'writer@example.test',
    display_name: 'Writer',
    dashboard: 'express',
    identity: { country: 'us', entity_type: 'individual' },
    defaults: { currency: 'usd', responsibilities: { fees_collector: 'application', losses_collector: 'application' } },
    configuration: { recipient: { capabilities: { stripe_balance: { stripe_transfers: { requested: true } } } } },
    metadata: { writerId: 'w1' },
  });
}

async function transferStatus(id: string) {
  const account = await stripe.v2.core.accounts.retrieve(id, { include: ['configuration.recipient', 'requirements'] });
  return account.configuration?.recipient?.capabilities?.stripe_balance?.stripe_transfers?.status;
}

describe('accounts', () => {
  test('show their larger parts only when these are included', async () => {
    const account = await writer();
    expect(account).toMatchObject({ configuration: null, requirements: null, metadata: { writerId: 'w1' } });
    expect(await transferStatus(account.id)).toBe('restricted');
    const updated = await stripe.v2.core.accounts.update(account.id, {
      metadata: { plan: 'x' },
      include: ['identity'],
    });
    expect(updated).toMatchObject({ metadata: { writerId: 'w1', plan: 'x' }, identity: { country: 'us' } });
  });

  test('are onboarded through the page of their link', async () => {
    const account = await writer();
    const link = await stripe.v2.core.accountLinks.create({
      account: account.id,
      use_case: {
        type: 'account_onboarding',
        account_onboarding: { refresh_url: 'http://127.0.0.1:1/again', return_url: 'http://127.0.0.1:1/back' },
      },
    });
    expect(await (await fetch(link.url)).text()).toContain('Complete onboarding');
    const sent = await fetch(link.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'outcome=ready',
      redirect: 'manual',
    });
    expect([sent.status, sent.headers.get('location')]).toEqual([303, 'http://127.0.0.1:1/back']);
    expect(await transferStatus(account.id)).toBe('active');
    await sandbox.control('POST', `/_sandbox/onboarding/${account.id}`, { outcome: 'restricted' });
    expect(await transferStatus(account.id)).toBe('restricted');
  });

  test('refuse unknown parameters', async () => {
    await expect(stripe.v2.core.accounts.create({ nickname: 'x' } as never)).rejects.toMatchObject({ statusCode: 400 });
    await expect(stripe.v2.core.accounts.retrieve('acct_nothing')).rejects.toMatchObject({ statusCode: 404 });
  });
});

describe('transfers', () => {
  test('need an account that can receive and money that is available', async () => {
    const account = await writer();
    const order = { amount: 700, currency: 'usd', destination: account.id };
    await sandbox.control('POST', '/_sandbox/topups', { amount: 1000 });
    await expect(stripe.transfers.create({ ...order, destination: 'acct_no' })).rejects.toMatchObject({
      statusCode: 400,
    });
    await expect(stripe.transfers.create(order)).rejects.toMatchObject({
      statusCode: 400,
      code: 'insufficient_capabilities_for_transfer',
    });
    await sandbox.control('POST', `/_sandbox/onboarding/${account.id}`, { outcome: 'ready' });
    await stripe.transfers.create(order);
    await expect(stripe.transfers.create(order)).rejects.toMatchObject({ code: 'balance_insufficient' });
    expect((await stripe.balance.retrieve()).available[0]?.amount).toBe(300);
    await sandbox.control('POST', `/_sandbox/onboarding/${account.id}`, { outcome: 'restricted' });
    await expect(stripe.transfers.create({ ...order, amount: 1 })).rejects.toMatchObject({
      code: 'insufficient_capabilities_for_transfer',
    });
  });

  test('D3: are found by their group and destination', async () => {
    await sandbox.control('POST', '/_sandbox/topups', { amount: 1000 });
    const accounts = [await writer(), await writer()];
    for (const { id } of accounts) await sandbox.control('POST', `/_sandbox/onboarding/${id}`, { outcome: 'ready' });
    for (const { id } of accounts) {
      await stripe.transfers.create({
        amount: 100,
        currency: 'usd',
        destination: id,
        transfer_group: 'close-2026-11',
        metadata: { payout_id: `p-${id}` },
      });
    }
    const [first] = accounts;
    const found = await stripe.transfers.list({ destination: String(first?.id), transfer_group: 'close-2026-11' });
    expect(found.data).toHaveLength(1);
    expect(found.data[0]).toMatchObject({ amount: 100, reversed: false, metadata: { payout_id: `p-${first?.id}` } });
    const retrieved = await stripe.transfers.retrieve(String(found.data[0]?.id), { expand: ['balance_transaction'] });
    expect(retrieved.balance_transaction).toMatchObject({ type: 'transfer', amount: -100, net: -100, fee: 0 });
    expect((await stripe.transfers.list({ transfer_group: 'close-2026-10' })).data).toEqual([]);
    expect((await stripe.events.list({ type: 'transfer.created' })).data).toHaveLength(2);
  });

  test('are reversed in parts, never beyond their amount; the money is available again', async () => {
    await sandbox.control('POST', '/_sandbox/topups', { amount: 1000 });
    const { id } = await writer();
    await sandbox.control('POST', `/_sandbox/onboarding/${id}`, { outcome: 'ready' });
    const transfer = await stripe.transfers.create({ amount: 900, currency: 'usd', destination: id });
    const reversal = await stripe.transfers.createReversal(transfer.id, { amount: 300, metadata: { payout_id: 'p1' } });
    expect(reversal).toMatchObject({ object: 'transfer_reversal', amount: 300, transfer: transfer.id });
    expect(await stripe.transfers.retrieve(transfer.id)).toMatchObject({
      amount_reversed: 300,
      reversed: false,
      reversals: { data: [{ id: reversal.id, metadata: { payout_id: 'p1' } }] },
    });
    expect((await stripe.balance.retrieve()).available[0]?.amount).toBe(400);
    await expect(stripe.transfers.createReversal(transfer.id, { amount: 601 })).rejects.toMatchObject({
      param: 'amount',
    });
    expect((await stripe.transfers.createReversal(transfer.id)).amount).toBe(600);
    expect(await stripe.transfers.retrieve(transfer.id)).toMatchObject({ amount_reversed: 900, reversed: true });
    await expect(stripe.transfers.createReversal(transfer.id)).rejects.toMatchObject({ statusCode: 400 });
    const [moved] = (await stripe.balanceTransactions.list({ type: 'transfer_refund', limit: 1 })).data;
    expect(moved).toMatchObject({ amount: 600, net: 600, reporting_category: 'transfer_reversal' });
    expect((await stripe.events.list({ type: 'transfer.reversed' })).data).toHaveLength(2);
  });
});
