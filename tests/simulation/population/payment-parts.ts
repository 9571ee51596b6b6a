import { BillingRefundOrdersSchema } from '@wewrite/contracts';
import { z } from 'zod';
import type { Chance } from './chance.ts';
import type { Part } from './part.ts';
import { admin, type Scene } from './scene.ts';
import { customersAtStripe } from './stripe-facts.ts';

/**
 * What happens to payments: in Stripe's dashboard, at banks, on cards. What comes of it is read at Stripe afterwards, as
 * every other fact of Stripe's.
 */

/** All of a payment, or a part: also the first, the last and the only cent of it. */
export const refund: Part = async (scene, chance, userId) => {
  const payments = (await paymentsOf(scene, userId)).filter(
    ({ isRefundable, leftCents }) => isRefundable && leftCents > 0,
  );
  if (payments.length === 0) return false;
  const { id, leftCents } = oneOf(payments, chance);
  const amount = chance.weigh([
    [leftCents, 4],
    [chance.between(1, leftCents), 6],
    [1, 1],
    [Math.max(1, leftCents - 1), 1],
  ]);
  await scene.stage.stripe.refunds.create({ payment_intent: id, amount });
  return true;
};

/** A few cents of what was paid last, but not all of it: a plan that gave all is above its budget. */
export const refundCents: Part = async (scene, chance, userId) => {
  const payments = (await paymentsOf(scene, userId)).filter(
    ({ isRefundable, leftCents }) => isRefundable && leftCents > 1,
  );
  const last = payments.at(-1);
  if (last === undefined) return false;
  const amount = chance.between(1, Math.min(99, last.leftCents - 1));
  await scene.stage.stripe.refunds.create({ payment_intent: last.id, amount });
  return true;
};

/**
 * A bank disputes what is left of a payment, or a part of it, or asks about it first. While the platform is about to refund
 * some of it, Stripe may refuse that from then on, or not, as it happens.
 */
export const dispute: Part = async (scene, chance, userId) => {
  const payments = (await paymentsOf(scene, userId)).filter(
    ({ isDisputed, isOrdered, leftCents }) => !isDisputed && !isOrdered && leftCents > 0,
  );
  if (payments.length === 0) return false;
  const { id, leftCents } = oneOf(payments, chance);
  const inquiry = chance.percent(25);
  const amount = chance.percent(60) ? leftCents : chance.between(1, leftCents);
  await scene.stage.orderAtStripe('/_sandbox/disputes', { payment_intent: id, inquiry, amount });
  return true;
};

/** The bank decides about some dispute, whoever's it is; at times it gives back a part only of what it took. */
export const endDispute: Part = async (scene, chance) => {
  const payments = (await paymentsOf(scene)).filter(({ isOrdered }) => !isOrdered);
  const open = payments.flatMap(({ openDisputes }) => openDisputes);
  if (open.length === 0) return false;
  const { id, cents } = chance.pick(open);
  const isWon = chance.percent(55);
  const part = isWon && cents > 1 && chance.percent(30) ? { reinstated: chance.between(1, cents - 1) } : {};
  const evidence = isWon ? 'winning_evidence' : 'losing_evidence';
  await scene.stage.orderAtStripe(`/_sandbox/disputes/${id}`, { evidence, ...part });
  return true;
};

/** A card network suspects a payment, which only alerts. */
export const warnOfFraud: Part = async (scene, chance, userId) => {
  const payments = await paymentsOf(scene, userId);
  if (payments.length === 0) return false;
  await scene.stage.orderAtStripe('/_sandbox/early_fraud_warnings', { payment_intent: chance.pick(payments).id });
  return true;
};

/** At times the first, which is the likeliest to be of a month that is closed. */
function oneOf(payments: readonly Payment[], chance: Chance): Payment {
  const [first] = payments;
  return first !== undefined && chance.percent(40) ? first : chance.pick(payments);
}

/** A payment of a supporter's at Stripe. */
export interface Payment {
  readonly id: string;
  readonly cents: number;
  /** What nobody has given back, or is about to. */
  readonly leftCents: number;
  /** The platform is about to refund some of it. */
  readonly isOrdered: boolean;
  /** It is disputed, or was. */
  readonly isDisputed: boolean;
  /** No bank has it, nor has kept it. */
  readonly isRefundable: boolean;
  readonly openDisputes: readonly { readonly id: string; readonly cents: number }[];
}

const IntentsSchema = z.array(
  z.object({ id: z.string(), customer: z.string().nullable(), status: z.string(), amount_received: z.int() }),
);
const RefundsSchema = z.array(
  z.object({ payment_intent: z.string().nullable(), amount: z.int(), status: z.string().nullable() }),
);
const DisputesSchema = z.array(
  z.object({ id: z.string(), payment_intent: z.string().nullable(), status: z.string(), amount: z.int() }),
);

/** What the supporter has paid, or everybody, the first payment first. */
export async function paymentsOf(scene: Scene, userId?: string): Promise<Payment[]> {
  const { stage } = scene;
  const ordered = await ordersUnderWay(scene);
  const customers = await customersAtStripe(stage);
  const intents = IntentsSchema.parse(await stage.heldAtStripe('payment_intent'));
  const refunds = RefundsSchema.parse(await stage.heldAtStripe('refund'));
  const disputes = DisputesSchema.parse(await stage.heldAtStripe('dispute'));
  const paid = intents.filter(
    ({ customer, status }) =>
      status === 'succeeded' && customer !== null && (userId === undefined || customers.get(customer) === userId),
  );
  // Stripe lists the newest first.
  return paid.reverse().map(({ id, amount_received: cents }) => {
    const given = refunds.filter(({ payment_intent, status }) => payment_intent === id && status !== 'failed');
    const about = disputes.filter(({ payment_intent }) => payment_intent === id);
    return {
      id,
      cents,
      leftCents: Math.max(
        0,
        given.reduce((left, { amount }) => left - amount, cents - (ordered.get(id) ?? 0)),
      ),
      isOrdered: ordered.has(id),
      isDisputed: about.length > 0,
      isRefundable: about.every(({ status }) => status === 'won'),
      openDisputes: about
        .filter(({ status }) => status.endsWith('needs_response'))
        .map(({ id: disputeId, amount }) => ({ id: disputeId, cents: amount })),
    };
  });
}

/** What the platform is about to refund by itself, of which Stripe may not know yet, by payment. */
async function ordersUnderWay(scene: Scene): Promise<ReadonlyMap<string, number>> {
  const { refundOrders } = await scene.read(admin, '/v1/refund-orders', BillingRefundOrdersSchema);
  const cents = new Map<string, number>();
  for (const { paymentIntentId, amountCents, state } of refundOrders) {
    if (state === 'made' || state === 'refused') continue;
    cents.set(paymentIntentId, (cents.get(paymentIntentId) ?? 0) + amountCents);
  }
  return cents;
}
