import { firstInstantOf, monthOf } from '@wewrite/contracts';
import { availableAtStripe, plentyCents, topUp } from './funds.ts';
import type { Part } from './part.ts';
import { type Payment, paymentsOf } from './payment-parts.ts';
import { aReservedPayout, isOfPayouts } from './payouts-under-way.ts';
import type { Scene } from './scene.ts';

/** Of the least payout, 2,500, after 2.9 % and 30 ¢. */
const leastNetCents = 2_397;

/**
 * When a payout is reserved, all that the balance holds goes back to the cards that have paid for the running month: Stripe
 * refuses the transfer, which is tried again until the platform has put money in.
 */
export const drainBalance: Part = async (scene, chance) => {
  const reserved = await aReservedPayout(scene, chance);
  if (reserved === null) return false;
  const availableCents = await availableAtStripe(scene);
  const payments = await paymentsForTheRunningMonth(scene);
  const refundableCents = payments.reduce((sum, { leftCents }) => sum + leftCents, 0);
  if (availableCents - refundableCents >= leastNetCents) return false;
  await giveBack(scene, payments, availableCents);
  let steps = chance.between(4, 40);
  await scene.stage.settle(async (step) => isOfPayouts(step) && --steps === 0);
  await topUp(scene, plentyCents);
  return true;
};

/** As a close begins, all that the balance holds goes back so: what is to be moved to storage is not there. */
export const emptyBalance: Part = async (scene) => {
  const availableCents = await availableAtStripe(scene);
  const payments = await paymentsForTheRunningMonth(scene);
  if (payments.length === 0 || availableCents <= 0) return false;
  await giveBack(scene, payments, availableCents);
  return true;
};

/** Refunds so many cents of the payments, one after another, or all that they are. */
async function giveBack(scene: Scene, payments: readonly Payment[], cents: number): Promise<void> {
  let left = cents;
  for (const { id, leftCents } of payments) {
    const amount = Math.min(left, leftCents);
    if (amount > 0) await scene.stage.stripe.refunds.create({ payment_intent: id, amount });
    left -= amount;
  }
}

async function paymentsForTheRunningMonth(scene: Scene): Promise<readonly Payment[]> {
  const { deeds, stage } = scene;
  const monthBegan = firstInstantOf(monthOf(stage.now())).toISOString();
  const running = new Set(
    deeds.flatMap((deed) =>
      deed.kind === 'paid' && deed.parts.every(({ from }) => from >= monthBegan) ? [deed.paymentId] : [],
    ),
  );
  return (await paymentsOf(scene)).filter(({ id, isDisputed }) => running.has(id) && !isDisputed);
}
