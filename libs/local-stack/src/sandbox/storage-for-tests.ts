import type Stripe from 'stripe';
import { z } from 'zod';
import { drained, type SandboxForTests, sandboxForTests } from './sandbox-for-tests.ts';
import type { SandboxOptions } from './start-sandbox.ts';

type OutboundPayment = Stripe.V2.MoneyManagement.OutboundPayment;
type OutboundPaymentOrder = Stripe.V2.MoneyManagement.OutboundPaymentCreateParams;

/** A sandbox with a storage account, and $100.00 in its payments balance. */
export interface StorageForTests extends SandboxForTests {
  /** The storage account's id. */
  readonly storage: string;
  /** Opens another financial account; gives its id. */
  openAccount(type: string): Promise<string>;
  changeSettings(change: object): Promise<unknown>;
  /** Moves money from the payments balance into storage. */
  fund(cents: number, more?: Partial<Stripe.PayoutCreateParams>): Promise<Stripe.Payout>;
  /** A writer who can be paid on a bank account. */
  recipient(): Promise<string>;
  /** The parameters of an outbound payment from storage. */
  order(recipient: string, cents: number, more?: Partial<OutboundPaymentOrder>): OutboundPaymentOrder;
  pay(recipient: string, cents: number): Promise<OutboundPayment>;
  /** What storage has available and what it has set aside, in cents. */
  balances(): Promise<(number | undefined)[]>;
  /** The storage account's transactions, oldest first: category, cents, status. */
  movements(): Promise<string[]>;
  /** The types of all thin events, oldest first, without their common beginning. */
  thinTypes(): Promise<string[]>;
  drained(): Promise<void>;
}

export async function storageForTests(options: Partial<SandboxOptions> = {}): Promise<StorageForTests> {
  const sandbox = await sandboxForTests(options);
  const { stripe, control } = sandbox;
  const openAccount = async (type: string) =>
    opened.parse(await control('POST', '/_sandbox/financial_accounts', { type })).id;
  const storage = await openAccount('storage');
  await control('POST', '/_sandbox/topups', { amount: 10_000 });
  const order: StorageForTests['order'] = (recipient, cents, more = {}) => ({
    from: { financial_account: storage, currency: 'usd' },
    to: { recipient, currency: 'usd' },
    amount: { value: cents, currency: 'usd' },
    ...more,
  });
  return {
    ...sandbox,
    storage,
    openAccount,
    changeSettings: (change) => control('POST', '/_sandbox/settings', change),
    fund: (amount, more = {}) => stripe.payouts.create({ amount, currency: 'usd', payout_method: storage, ...more }),
    recipient: () => readyRecipient(sandbox),
    order,
    pay: (recipient, cents) => stripe.v2.moneyManagement.outboundPayments.create(order(recipient, cents)),
    balances: async () => {
      const { balance } = await stripe.v2.moneyManagement.financialAccounts.retrieve(storage);
      return [balance.available.usd?.value, balance.outbound_pending.usd?.value];
    },
    movements: async () => {
      const { data } = await stripe.v2.moneyManagement.transactions.list({ financial_account: storage });
      return data.map(({ category, status, amount }) => `${category} ${amount.value} ${status}`).reverse();
    },
    thinTypes: async () => {
      const { v2_event: events } = thinEvents.parse(await control('GET', '/_sandbox/state?object=v2_event'));
      return events.map(({ type }) => type.replace('v2.money_management.', '')).reverse();
    },
    drained: () => drained(sandbox.url),
  };
}

const opened = z.object({ id: z.string() });
const thinEvents = z.object({ v2_event: z.array(z.object({ type: z.string() })) });

async function readyRecipient({ stripe, control }: SandboxForTests): Promise<string> {
  const { id } = await stripe.v2.core.accounts.create({
    configuration: { recipient: { capabilities: { bank_accounts: { local: { requested: true } } } } },
  });
  await control('POST', `/_sandbox/onboarding/${id}`, { outcome: 'ready' });
  return id;
}
