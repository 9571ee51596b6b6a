import { BillingEscrowSchema, type Month } from '@wewrite/contracts';
import { z } from 'zod';
import type { Chance } from './chance.ts';
import { isOfPayouts, payoutsUnderWay, seen } from './payouts-under-way.ts';
import { promised } from './promise.ts';
import { accepted, admin, type Scene } from './scene.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const tryAgainMs = 20 * minuteMs;
/** Within so many days all that was paid is available. */
const settlementDays = 3;
/** Two days: in the worst weather two of three moves fail at Stripe, and each is decided anew after an hour. */
const mostTries = 150;

/** With so much of the platform's own money nothing waits for any. */
export const plentyCents = 10_000_000;

/** What the payments balance at Stripe can pay at once. */
export async function availableAtStripe({ stage }: Scene): Promise<number> {
  const { available } = await stage.stripe.balance.retrieve();
  return available.find(({ currency }) => currency === 'usd')?.amount ?? 0;
}

/** Money of the platform's own comes into the balance. */
export async function topUp(scene: Scene, cents: number): Promise<void> {
  if (cents <= 0) return;
  await scene.stage.orderAtStripe('/_sandbox/topups', { amount: cents });
  scene.record({ kind: 'topped_up', cents }, accepted);
}

/** Many times what the payouts of a close take that wait for nothing. */
const patienceSteps = 250;

/**
 * Lets a close go on; whoever sees its payouts wait for long puts money in. By connect Stripe refuses what the balance cannot
 * pay, and nobody says how much is missing.
 */
export async function untilPayable(scene: Scene, month: Month): Promise<void> {
  let steps = 0;
  const waiting = await seen(scene, async (step) => {
    if (!isOfPayouts(step) || ++steps < patienceSteps) return null;
    steps = 0;
    const isShort = (await availableAtStripe(scene)) < plentyCents / 100;
    return isShort && (await payoutsUnderWay(scene, month)).length > 0 ? month : null;
  });
  if (waiting !== null) await topUp(scene, plentyCents);
}

const RefundsSchema = z.array(z.object({ amount: z.int(), status: z.string().nullable() }));

/** Money is put in for refunds that wait for it at Stripe, and for what the balance lacks before. Says whether there were any. */
export async function coverRefunds(scene: Scene): Promise<boolean> {
  const refunds = RefundsSchema.parse(await scene.stage.heldAtStripe('refund'));
  const waiting = refunds.filter(({ status }) => status === 'pending');
  if (waiting.length === 0) return false;
  const refundedCents = waiting.reduce((sum, { amount }) => sum + amount, 0);
  await topUp(scene, refundedCents - Math.min(0, await availableAtStripe(scene)));
  return true;
}

/**
 * Until storage covers what is owed: a move that has failed is made again by and by; what is missing is put in, at once or in
 * two parts, or waited for. `passTo` lets time pass, and everything become known before and after.
 */
export async function untilFunded(
  scene: Scene,
  chance: Chance,
  passTo: (instantMs: number) => Promise<void>,
): Promise<void> {
  for (let tries = 0; tries < mostTries; tries++) {
    const { moves } = await scene.read(admin, '/v1/escrow', BillingEscrowSchema);
    const open = moves.findLast(({ state }) => state !== 'completed');
    if (open === undefined) return;
    const after = (durationMs: number) => scene.stage.now().getTime() + durationMs;
    if (open.state !== 'waiting_for_funds') await passTo(after(tryAgainMs));
    else if (tries === 0 && chance.percent(30)) await passTo(after(settlementDays * dayMs));
    else {
      const isWhole = tries > 0 || chance.percent(60);
      await topUp(scene, isWhole ? open.shortfallCents : Math.ceil(open.shortfallCents / 2));
      await passTo(scene.stage.now().getTime());
    }
  }
  promised(false, 'storage is never funded, whatever is put in.');
}
