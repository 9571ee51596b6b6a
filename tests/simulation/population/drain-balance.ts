import { firstInstantOf, monthOf } from '@wewrite/contracts';
import { availableAtStripe, plentyCents, topUp } from './funds.ts';
import type { Part } from './part.ts';
import { paymentsOf } from './payment-parts.ts';
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
  const running = paymentsForTheRunningMonth(scene);
  const payments = (await paymentsOf(scene)).filter(({ id, isDisputed }) => running.has(id) && !isDisputed);
  const refundableCents = payments.reduce((sum, { leftCents }) => sum + leftCents, 0);
  if (availableCents - refundableCents >= leastNetCents) return false;
  let left = availableCents;
  for (const { id, leftCents } of payments) {
    const amount = Math.min(left, leftCents);
    if (amount > 0) await scene.stage.stripe.refunds.create({ payment_intent: id, amount });
    left -= amount;
  }
  let steps = chance.between(4, 40);
  await scene.stage.settle(async (step) => isOfPayouts(step) && --steps === 0);
  await topUp(scene, plentyCents);
  return true;
};

function paymentsForTheRunningMonth({ deeds, stage }: Scene): ReadonlySet<string> {
  const monthBegan = firstInstantOf(monthOf(stage.now())).toISOString();
  return new Set(
    deeds.flatMap((deed) =>
      deed.kind === 'paid' && deed.parts.every(({ from }) => from >= monthBegan) ? [deed.paymentId] : [],
    ),
  );
}
