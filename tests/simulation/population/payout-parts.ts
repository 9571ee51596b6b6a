import { type Month, PayoutAccountSchema, PayoutPageSchema } from '@wewrite/contracts';
import { z } from 'zod';
import { pathOf } from '../../../apps/cli/src/demo/api.ts';
import { availableAtStripe, plentyCents, topUp } from './funds.ts';
import type { Part } from './part.ts';
import {
  aPaymentInProcess,
  aReservedPayout,
  closingMonth,
  heldPayouts,
  isOfPayouts,
  orderPayout,
  payoutsAtStripe,
  payoutsUnderWay,
  seen,
} from './payouts-under-way.ts';
import { promised } from './promise.ts';
import { accepted, admin, person, type Scene } from './scene.ts';

/** What befalls payouts while a month is closed, and after: operators' orders, banks that refuse, accounts that are lost. */

/** Keeps a payout back before anything is sent, and lets it go soon, or leaves that for later. */
export const holdPayout: Part = async (scene, chance) => {
  const reserved = await aReservedPayout(scene, chance);
  if (reserved === null) return false;
  await orderPayout(scene, reserved, 'hold');
  if (chance.percent(60)) return true;
  for (let steps = chance.between(0, 40); steps > 0; steps--) await scene.stage.step();
  await orderPayout(scene, reserved, chance.pick(['release', 'release', 'cancel']));
  return true;
};

/** Takes a payout back before anything is sent. */
export const cancelPayout: Part = async (scene, chance) => {
  const reserved = await aReservedPayout(scene, chance);
  if (reserved === null) return false;
  await orderPayout(scene, reserved, 'cancel');
  return true;
};

/** Takes a payout back that Stripe has, and may still let go of. */
export const cancelSentPayout: Part = async (scene) => {
  const payment = await aPaymentInProcess(scene);
  if (payment === null) return false;
  await orderPayout(scene, payment, 'cancel');
  return true;
};

/** Stripe finds something about a writer when a payout is reserved, and nothing of it sent. */
export const loseAccount: Part = async (scene, chance) => {
  const reserved = await aReservedPayout(scene, chance);
  if (reserved === null) return false;
  const { writerId, month } = reserved;
  const { accountId } = await scene.read(person(writerId), '/v1/payout-account', PayoutAccountSchema);
  promised(accountId !== null, 'D1: who is paid has an account.');
  // Whoever was away when the account was asked for has let others go on.
  if ((await payoutsAtStripe(scene)).has(reserved.id)) return false;
  await scene.stage.orderAtStripe(`/_sandbox/onboarding/${encodeURIComponent(accountId)}`, { outcome: 'restricted' });
  scene.record({ kind: 'payout_account_became', writerId, state: 'restricted' }, accepted);
  scene.record({ kind: 'payout_failed', writerId, month, because: 'account_restricted' }, accepted);
  const isOver = async () => !(await payoutsUnderWay(scene, month)).some(({ id }) => id === reserved.id);
  await scene.stage.settle(async (step) => isOfPayouts(step) && (await isOver()));
  return true;
};

/** A writer's bank does not take what Stripe is about to pay. */
export const declinePayout: Part = async (scene) => {
  const payment = await aPaymentInProcess(scene);
  if (payment === null) return false;
  await scene.stage.orderAtStripe(`/_sandbox/outbound_payments/${payment.paymentId}`, { outcome: 'failed' });
  return true;
};

/** What is on its way to storage comes back. */
export const failEscrowMove: Part = async (scene, chance) => {
  const month = closingMonth(scene.deeds);
  if (month === null) return false;
  const moving = await seen(scene, async () => {
    const moves = MovesSchema.parse(await scene.stage.heldAtStripe('payout'));
    return moves.find(({ status, metadata }) => isMoving(status) && metadata?.month === month) ?? null;
  });
  if (moving === null) return false;
  const outcome = chance.pick(['failed', 'canceled', 'canceled']);
  await scene.stage.orderAtStripe(`/_sandbox/payouts/${moving.id}`, { outcome });
  scene.record({ kind: 'escrow_move_failed', month }, accepted);
  return true;
};

/** An operator has the payouts of a running close gone on with, whatever they wait for. */
export const hastenPayouts: Part = async (scene, chance) => {
  const month = closingMonth(scene.deeds);
  if (month === null) return false;
  for (let steps = chance.between(0, 200); steps > 0; steps--) await scene.stage.step();
  await scene.ask({ as: admin, method: 'POST', path: pathOf('months', month, 'payouts') });
  return true;
};

/** What was kept back during a close is sent, or taken back. */
export const endHeldPayout: Part = async (scene, chance) => {
  const held = heldPayouts(scene.deeds);
  if (held.length === 0) return false;
  const { writerId, month } = chance.pick(held);
  await orderHeldPayout(scene, { writerId, month }, chance.percent(75) ? 'release' : 'cancel');
  return true;
};

/** Cancels, holds or sends again a payout of a writer's, which is refused of those that Stripe has made. */
export const orderAboutPayout: Part = async (scene, chance, writerId) => {
  const { payouts } = await scene.read(person(writerId), '/v1/payouts', PayoutPageSchema);
  if (payouts.length === 0) return false;
  const { id, month } = chance.pick(payouts);
  await orderPayout(scene, { id, writerId, month }, chance.pick(['cancel', 'hold', 'release', 'retry']));
  return true;
};

/** Gives an order about a payout that is kept back; whoever has it sent sees to it that there is money for it. */
export async function orderHeldPayout(
  scene: Scene,
  { writerId, month }: { writerId: string; month: Month },
  order: 'release' | 'cancel',
): Promise<void> {
  const underWay = await payoutsUnderWay(scene, month);
  const payout = underWay.find((each) => each.writerId === writerId);
  promised(payout !== undefined, `D3: ${writerId}'s payout of ${month}, which was held, is under way.`);
  if (order === 'release' && (await availableAtStripe(scene)) < plentyCents / 100) await topUp(scene, plentyCents);
  await orderPayout(scene, payout, order);
}

const MovesSchema = z.array(
  z.object({ id: z.string(), status: z.string(), metadata: z.record(z.string(), z.string()).nullable() }),
);

function isMoving(status: string): boolean {
  return status === 'pending' || status === 'in_transit';
}
