import {
  CanceledPayoutSchema,
  type Month,
  MonthSchema,
  PayoutAccountSchema,
  PayoutPageSchema,
  WriterPayoutPageSchema,
} from '@wewrite/contracts';
import { z } from 'zod';
import { pathOf } from '../../../apps/cli/src/demo/api.ts';
import type { Deed } from '../deed.ts';
import type { Chance } from './chance.ts';
import type { Part } from './part.ts';
import { promised } from './promise.ts';
import { accepted, admin, person, type Scene } from './scene.ts';

/** What befalls payouts while a month is closed, and after: operators' orders, banks that refuse, accounts that are lost. */

/** A payout of a writer's, by the product's id. */
export interface NamedPayout {
  readonly id: string;
  readonly writerId: string;
  readonly month: Month;
}

const reason = 'It was doubted in the simulation.';

/** Keeps a payout back before anything is sent, and lets it go soon, or leaves that for later. */
export const holdPayout: Part = async (scene, chance) => {
  const reserved = await aReservedPayout(scene, chance);
  if (reserved === null) return false;
  await orderPayout(scene, reserved, 'hold');
  if (chance.percent(40)) return true;
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
  const outcome = chance.pick(['failed', 'canceled']);
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

/** Payouts that an operator keeps back, by the deeds. */
export function heldPayouts(deeds: readonly Deed[]): { writerId: string; month: Month }[] {
  const held = new Map<string, { writerId: string; month: Month }>();
  for (const deed of deeds) {
    if (deed.answer.outcome === 'refused') continue;
    if (deed.kind === 'payout_held') held.set(`${deed.month} ${deed.writerId}`, deed);
    if (deed.kind === 'payout_released' || deed.kind === 'payout_cancelled')
      held.delete(`${deed.month} ${deed.writerId}`);
  }
  return [...held.values()];
}

/** Gives an order about a payout that is kept back. */
export async function orderHeldPayout(
  scene: Scene,
  { writerId, month }: { writerId: string; month: Month },
  order: 'release' | 'cancel',
): Promise<void> {
  const underWay = await payoutsUnderWay(scene, month);
  const payout = underWay.find((each) => each.writerId === writerId);
  promised(payout !== undefined, `D3: ${writerId}'s payout of ${month}, which was held, is under way.`);
  await orderPayout(scene, payout, order);
}

const deedOf = { hold: 'payout_held', release: 'payout_released', retry: 'payout_retried' } as const;

async function orderPayout(
  scene: Scene,
  { id, writerId, month }: NamedPayout,
  order: 'hold' | 'release' | 'cancel' | 'retry',
): Promise<void> {
  const body = order === 'retry' ? {} : { reason };
  const answered = await scene.ask({ as: admin, method: 'POST', path: `${pathOf('payouts', id)}/${order}`, body });
  if (order !== 'cancel') return scene.record({ kind: deedOf[order], writerId, month }, answered);
  const next = answered.outcome === 'accepted' ? CanceledPayoutSchema.parse(answered.body).next : null;
  scene.record({ kind: 'payout_cancelled', writerId, month, next }, answered);
}

/** The first payout of the running close that is reserved while Stripe knows nothing of it, and is not kept back. */
async function aReservedPayout(scene: Scene, chance: Chance): Promise<NamedPayout | null> {
  const month = closingMonth(scene.deeds);
  if (month === null) return null;
  return seen(scene, async (step) => {
    if (!isOfPayouts(step)) return null;
    const held = heldPayouts(scene.deeds).map(({ writerId }) => writerId);
    const sent = await payoutsAtStripe(scene);
    const reserved = (await payoutsUnderWay(scene, month)).filter(
      ({ id, writerId }) => !sent.has(id) && !held.includes(writerId),
    );
    return reserved.length === 0 ? null : chance.pick(reserved);
  });
}

const metadata = z.object({ payout_id: z.string(), month: MonthSchema, writer: z.string() });
const PaymentsSchema = z.array(z.object({ id: z.string(), status: z.string().optional(), metadata }));
const MovesSchema = z.array(
  z.object({ id: z.string(), status: z.string(), metadata: z.record(z.string(), z.string()).nullable() }),
);

/** The first payout of the running close that Stripe has, and has not paid yet: with storage. */
async function aPaymentInProcess(scene: Scene): Promise<(NamedPayout & { readonly paymentId: string }) | null> {
  const month = closingMonth(scene.deeds);
  if (month === null) return null;
  return seen(scene, async () => {
    const payments = PaymentsSchema.parse(await scene.stage.heldAtStripe('outbound_payment'));
    const found = payments.find((payment) => payment.status === 'processing' && payment.metadata.month === month);
    if (found === undefined) return null;
    return { id: found.metadata.payout_id, writerId: found.metadata.writer, month, paymentId: found.id };
  });
}

async function payoutsAtStripe({ stage }: Scene): Promise<ReadonlySet<string>> {
  const payments = PaymentsSchema.parse(await stage.heldAtStripe('outbound_payment'));
  const transfers = PaymentsSchema.parse(await stage.heldAtStripe('transfer'));
  return new Set([...payments, ...transfers].map((payment) => payment.metadata.payout_id));
}

/** The month's payouts that are neither paid nor over; none before anybody was judged. */
async function payoutsUnderWay(scene: Scene, month: Month): Promise<NamedPayout[]> {
  const answered = await scene.ask({ as: admin, method: 'GET', path: pathOf('months', month, 'payouts') });
  if (answered.outcome === 'refused') return [];
  return WriterPayoutPageSchema.parse(answered.body).writers.flatMap(({ userId: writerId, payoutId, payoutStatus }) =>
    payoutStatus === 'under_way' && payoutId !== null ? [{ id: payoutId, writerId, month }] : [],
  );
}

/** Lets things happen until what is looked for is there; null when everything has settled without it. */
async function seen<Found>(scene: Scene, look: (step: string) => Promise<Found | null>): Promise<Found | null> {
  const found: Found[] = [];
  await scene.stage.settle(async (step) => {
    const seenNow = await look(step);
    if (seenNow !== null) found.push(seenNow);
    return seenNow !== null;
  });
  return found[0] ?? null;
}

function closingMonth(deeds: readonly Deed[]): Month | null {
  const asked = deeds.findLast((deed) => deed.kind === 'close_asked' && deed.runKind === 'close');
  return asked?.kind === 'close_asked' ? asked.month : null;
}

function isOfPayouts(step: string): boolean {
  return step.startsWith('payouts.');
}

function isMoving(status: string): boolean {
  return status === 'pending' || status === 'in_transit';
}
