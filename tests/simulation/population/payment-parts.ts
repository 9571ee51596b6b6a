import { z } from 'zod';
import type { Part } from './part.ts';
import type { Scene } from './scene.ts';
import { customersAtStripe } from './stripe-facts.ts';

/**
 * What happens to payments: in Stripe's dashboard, at banks, on cards. What comes of it is read at Stripe afterwards, as
 * every other fact of Stripe's.
 */

/** All of a payment, or a part: also the first, the last and the only cent of it. */
export const refund: Part = async (scene, chance, userId) => {
  const payments = (await paymentsOf(scene, userId)).filter(
    ({ isDisputed, leftCents }) => !isDisputed && leftCents > 0,
  );
  if (payments.length === 0) return false;
  const { id, leftCents } = chance.pick(payments);
  const amount = chance.weigh([
    [leftCents, 4],
    [chance.between(1, leftCents), 6],
    [1, 1],
    [Math.max(1, leftCents - 1), 1],
  ]);
  await scene.stage.stripe.refunds.create({ payment_intent: id, amount });
  return true;
};

/** A bank disputes a payment, or asks about it first. */
export const dispute: Part = async (scene, chance, userId) => {
  const payments = (await paymentsOf(scene, userId)).filter(
    ({ isDisputed, leftCents, cents }) => !isDisputed && leftCents === cents,
  );
  if (payments.length === 0) return false;
  const { id } = chance.pick(payments);
  const inquiry = chance.percent(25);
  await scene.stage.orderAtStripe('/_sandbox/disputes', { payment_intent: id, inquiry });
  return true;
};

/** The bank decides. */
export const endDispute: Part = async (scene, chance, userId) => {
  const open = (await paymentsOf(scene, userId)).flatMap(({ openDisputes }) => openDisputes);
  if (open.length === 0) return false;
  const evidence = chance.percent(50) ? 'winning_evidence' : 'losing_evidence';
  await scene.stage.orderAtStripe(`/_sandbox/disputes/${chance.pick(open)}`, { evidence });
  return true;
};

/** A card network suspects a payment, which only alerts. */
export const warnOfFraud: Part = async (scene, chance, userId) => {
  const payments = await paymentsOf(scene, userId);
  if (payments.length === 0) return false;
  await scene.stage.orderAtStripe('/_sandbox/early_fraud_warnings', { payment_intent: chance.pick(payments).id });
  return true;
};

/** A payment of a supporter's at Stripe. */
export interface Payment {
  readonly id: string;
  readonly cents: number;
  readonly leftCents: number;
  readonly isDisputed: boolean;
  readonly openDisputes: readonly string[];
}

const IntentsSchema = z.array(
  z.object({ id: z.string(), customer: z.string().nullable(), status: z.string(), amount_received: z.int() }),
);
const RefundsSchema = z.array(
  z.object({ payment_intent: z.string().nullable(), amount: z.int(), status: z.string().nullable() }),
);
const DisputesSchema = z.array(z.object({ id: z.string(), payment_intent: z.string().nullable(), status: z.string() }));

/** What the supporter has paid, the first payment first. */
export async function paymentsOf({ stage }: Scene, userId: string): Promise<Payment[]> {
  const customers = await customersAtStripe(stage);
  const intents = IntentsSchema.parse(await stage.heldAtStripe('payment_intent'));
  const refunds = RefundsSchema.parse(await stage.heldAtStripe('refund'));
  const disputes = DisputesSchema.parse(await stage.heldAtStripe('dispute'));
  const paid = intents.filter(
    ({ customer, status }) => status === 'succeeded' && customer !== null && customers.get(customer) === userId,
  );
  // Stripe lists the newest first.
  return paid.reverse().map(({ id, amount_received: cents }) => {
    const given = refunds.filter(({ payment_intent, status }) => payment_intent === id && status !== 'failed');
    const about = disputes.filter(({ payment_intent }) => payment_intent === id);
    return {
      id,
      cents,
      leftCents: given.reduce((left, { amount }) => left - amount, cents),
      isDisputed: about.length > 0,
      openDisputes: about.filter(({ status }) => status.endsWith('needs_response')).map((one) => one.id),
    };
  });
}
