import { AllocationsSchema, firstInstantOf, monthOf } from '@wewrite/contracts';
import type { Part } from './part.ts';
import { paymentsOf } from './payment-parts.ts';
import { wishFor } from './plan-parts.ts';
import { person, type Scene } from './scene.ts';

/**
 * A supporter wants back what was paid for months that are over, and gives next to nothing from now on: writers who were
 * paid of it owe more than they earn.
 */
export const regret: Part = async (scene, _chance, userId) => {
  const past = paymentsForThePast(scene, userId);
  const payments = (await paymentsOf(scene, userId)).filter(
    ({ id, isDisputed, leftCents }) => past.has(id) && !isDisputed && leftCents > 0,
  );
  if (payments.length === 0) return false;
  for (const { id, leftCents } of payments) {
    await scene.stage.stripe.refunds.create({ payment_intent: id, amount: leftCents });
  }
  const { allocations } = await scene.read(person(userId), '/v1/allocations', AllocationsSchema);
  for (const { resourceType, resourceId, usdCents } of allocations) {
    await wishFor(scene, userId, {
      resource: { resourceType, resourceId },
      usdCents: Math.ceil(usdCents / 10),
    });
  }
  return true;
};

function paymentsForThePast({ deeds, stage }: Scene, userId: string): ReadonlySet<string> {
  const monthBegan = firstInstantOf(monthOf(stage.now())).toISOString();
  return new Set(
    deeds.flatMap((deed) =>
      deed.kind === 'paid' && deed.userId === userId && deed.parts.every(({ to }) => to <= monthBegan)
        ? [deed.paymentId]
        : [],
    ),
  );
}
