import { z } from 'zod';
import type { Act, InvoicePart } from '../deed.ts';
import type { Fact } from './fact.ts';
import { payoutFacts } from './payout-facts.ts';
import { accepted, type Scene } from './scene.ts';
import type { Stage } from './stage.ts';

/** Reads Stripe's facts again and again, and writes down those that are new. */
export interface StripeFacts {
  /** Writes down what has become so since the last look, in Stripe's order of time. */
  look(): Promise<void>;
}

export function stripeFacts(scene: Scene): StripeFacts {
  const told = new Set<string>();
  return {
    look: async () => {
      if (!scene.hasStripeMoved()) return;
      const customers = await customersAtStripe(scene.stage);
      const facts = [
        ...(await invoices(scene.stage, customers)),
        ...(await refunds(scene.stage, customers)),
        ...(await disputes(scene.stage, customers)),
        ...(await payoutFacts(scene.stage)),
        ...(await endings(scene.stage, customers)),
      ];
      const fresh = facts.filter(({ name }) => !told.has(name)).sort((a, b) => a.atMs - b.atMs);
      for (const { name, act, atMs } of fresh) {
        told.add(name);
        scene.record(act, accepted, new Date(atMs).toISOString());
      }
    },
  };
}

const CustomersSchema = z.array(z.object({ id: z.string(), metadata: z.object({ user_id: z.string() }) }));

/** Stripe's customers: whose they are. */
export async function customersAtStripe(stage: Stage): Promise<ReadonlyMap<string, string>> {
  const customers = CustomersSchema.parse(await stage.heldAtStripe('customer'));
  return new Map(customers.map(({ id, metadata }) => [id, metadata.user_id]));
}

const InvoicesSchema = z.array(
  z.object({
    id: z.string(),
    customer: z.string(),
    status: z.string(),
    status_transitions: z.object({ paid_at: z.int().nullable(), marked_uncollectible_at: z.int().nullable() }),
    lines: z.object({
      data: z.array(z.object({ amount: z.int(), period: z.object({ start: z.int(), end: z.int() }) })),
    }),
  }),
);

/** Whether a renewal waits to be paid, which Stripe tries again until it gives it up. */
export async function isRenewalOpen(stage: Stage): Promise<boolean> {
  return InvoicesSchema.parse(await stage.heldAtStripe('invoice')).some(({ status }) => status === 'open');
}

const InvoicePaymentsSchema = z.array(
  z.object({ invoice: z.string(), status: z.string(), payment: z.object({ payment_intent: z.string() }) }),
);

/** Those that were paid, and those that were given up. */
async function invoices(stage: Stage, customers: ReadonlyMap<string, string>): Promise<Fact[]> {
  const all = InvoicesSchema.parse(await stage.heldAtStripe('invoice'));
  const paid = InvoicePaymentsSchema.parse(await stage.heldAtStripe('invoice_payment'));
  return all.flatMap(({ id, customer, status_transitions: became, lines }): Fact[] => {
    const { paid_at: paidAt, marked_uncollectible_at: givenUpAt } = became;
    const userId = customers.get(customer);
    if (userId === undefined) return [];
    const givenUp: Act = { kind: 'renewal_given_up', userId, invoiceId: id };
    const before = givenUpAt === null ? [] : [{ name: `given up ${id}`, atMs: givenUpAt * 1_000, act: givenUp }];
    const payment = paid.find(({ invoice, status }) => invoice === id && status === 'paid');
    if (paidAt === null || payment === undefined) return before;
    const parts = lines.data.map(
      ({ amount, period }): InvoicePart => ({ cents: amount, from: isoOf(period.start), to: isoOf(period.end) }),
    );
    const paymentId = payment.payment.payment_intent;
    const act: Act = { kind: 'paid', userId, paymentId, invoiceId: id, parts };
    return [...before, { name: `paid ${id}`, atMs: paidAt * 1_000, act }];
  });
}

const MovementSchema = z.object({ id: z.string(), created: z.int(), amount: z.int() });
const RefundsSchema = z.array(
  z.object({
    id: z.string(),
    amount: z.int(),
    payment_intent: z.string(),
    customer: z.string(),
    metadata: z.record(z.string(), z.string()).nullable(),
    balance_transaction: z.string().nullable(),
    failure_balance_transaction: z.string().optional(),
  }),
);
const MovementsSchema = z.array(MovementSchema);

/** In the metadata of a refund that the product has ordered. */
const productsOrderKey = 'refund_order_id';

/** Those that somebody ordered in the dashboard, from the moment on that they move money. */
async function refunds(stage: Stage, customers: ReadonlyMap<string, string>): Promise<Fact[]> {
  const all = RefundsSchema.parse(await stage.heldAtStripe('refund'));
  if (all.length === 0) return [];
  const movements = MovementsSchema.parse(await stage.heldAtStripe('balance_transaction'));
  const momentOf = new Map(movements.map(({ id, created }) => [id, created * 1_000]));
  return all.flatMap(({ id, amount, payment_intent: paymentId, customer, metadata, ...moved }): Fact[] => {
    const userId = customers.get(customer);
    if (userId === undefined || metadata?.[productsOrderKey] !== undefined) return [];
    const sentMs = momentOf.get(moved.balance_transaction ?? '');
    const failedMs = momentOf.get(moved.failure_balance_transaction ?? '');
    const sent: Act = { kind: 'refunded', userId, paymentId, refundId: id, cents: amount };
    const failed: Act = { kind: 'refund_failed', userId, refundId: id };
    return [
      ...(sentMs === undefined ? [] : [{ name: `refunded ${id}`, atMs: sentMs, act: sent }]),
      ...(failedMs === undefined ? [] : [{ name: `failed ${id}`, atMs: failedMs, act: failed }]),
    ];
  });
}

const DisputesSchema = z.array(
  z.object({
    id: z.string(),
    amount: z.int(),
    created: z.int(),
    payment_intent: z.string(),
    status: z.string(),
    balance_transactions: z.array(MovementSchema),
  }),
);
const IntentsSchema = z.array(z.object({ id: z.string(), customer: z.string() }));

/** An inquiry moves nothing; one that is lost becomes a dispute, from the moment on that it takes the money. */
async function disputes(stage: Stage, customers: ReadonlyMap<string, string>): Promise<Fact[]> {
  const all = DisputesSchema.parse(await stage.heldAtStripe('dispute'));
  if (all.length === 0) return [];
  const intents = IntentsSchema.parse(await stage.heldAtStripe('payment_intent'));
  const ownerOf = new Map(intents.map(({ id, customer }) => [id, customers.get(customer)]));
  return all.flatMap(({ id: disputeId, amount: cents, payment_intent: paymentId, status, ...dispute }): Fact[] => {
    const userId = ownerOf.get(paymentId);
    if (userId === undefined) return [];
    const [taken, given] = [...dispute.balance_transactions].sort(
      (a, b) => a.created - b.created || a.amount - b.amount,
    );
    const opened = { kind: 'dispute_opened', userId, paymentId, disputeId, cents } as const;
    const createdMs = dispute.created * 1_000;
    const asked = { name: `asked ${disputeId}`, atMs: createdMs, act: { ...opened, isInquiry: true } };
    if (taken === undefined) return [asked];
    const takenMs = taken.created * 1_000;
    const open = { name: `disputed ${disputeId}`, atMs: takenMs, act: { ...opened, isInquiry: false } };
    const lost: Act = { kind: 'dispute_lost', userId, disputeId };
    return [
      open,
      ...(given === undefined ? [] : [wonOf(userId, disputeId, given)]),
      // Stripe does not say when; the clock stands where the bank has decided.
      ...(status === 'lost' ? [{ name: `lost ${disputeId}`, atMs: stage.now().getTime(), act: lost }] : []),
    ];
  });
}

function wonOf(userId: string, disputeId: string, { created, amount }: z.output<typeof MovementSchema>): Fact {
  const act: Act = { kind: 'dispute_won', userId, disputeId, cents: amount };
  return { name: `won ${disputeId}`, atMs: created * 1_000, act };
}

const SubscriptionsSchema = z.array(
  z.object({ id: z.string(), customer: z.string(), status: z.string(), ended_at: z.int().nullable() }),
);

/** Subscriptions that are over, whoever ended them; one whose first payment was never made has not begun. */
async function endings(stage: Stage, customers: ReadonlyMap<string, string>): Promise<Fact[]> {
  const all = SubscriptionsSchema.parse(await stage.heldAtStripe('subscription'));
  return all.flatMap(({ id, customer, status, ended_at: endedAt }): Fact[] => {
    const userId = customers.get(customer);
    if (status !== 'canceled' || endedAt === null || userId === undefined) return [];
    return [{ name: `ended ${id}`, atMs: endedAt * 1_000, act: { kind: 'subscription_ended', userId } }];
  });
}

function isoOf(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
