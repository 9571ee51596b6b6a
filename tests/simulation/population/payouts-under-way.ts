import { CanceledPayoutSchema, type Month, MonthSchema, WriterPayoutPageSchema } from '@wewrite/contracts';
import { z } from 'zod';
import { pathOf } from '../../../apps/cli/src/demo/api.ts';
import type { Deed } from '../deed.ts';
import type { Chance } from './chance.ts';
import { admin, type Scene } from './scene.ts';

/** Payouts between their reservation and their end, as an operator sees them here and at Stripe. */

/** A payout of a writer's, by the product's id. */
export interface NamedPayout {
  readonly id: string;
  readonly writerId: string;
  readonly month: Month;
}

const reason = 'It was doubted in the simulation.';

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

const deedOf = { hold: 'payout_held', release: 'payout_released', retry: 'payout_retried' } as const;

/** Gives an order about a payout. */
export async function orderPayout(
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
export async function aReservedPayout(scene: Scene, chance: Chance): Promise<NamedPayout | null> {
  const month = closingMonth(scene.deeds);
  if (month === null) return null;
  return seen(scene, async (step) => {
    if (!isOfPayouts(step)) return null;
    const held = heldPayouts(scene.deeds).map(({ writerId }) => writerId);
    const underWay = await payoutsUnderWay(scene, month);
    const sent = await payoutsAtStripe(scene);
    const reserved = underWay.filter(({ id, writerId }) => !sent.has(id) && !held.includes(writerId));
    return reserved.length === 0 ? null : chance.pick(reserved);
  });
}

const metadata = z.object({ payout_id: z.string(), month: MonthSchema, writer: z.string() });
const PaymentsSchema = z.array(z.object({ id: z.string(), status: z.string().optional(), metadata }));

/** The first payout of the running close that Stripe has, and has not paid yet: with storage. */
export async function aPaymentInProcess(scene: Scene): Promise<(NamedPayout & { readonly paymentId: string }) | null> {
  const month = closingMonth(scene.deeds);
  if (month === null) return null;
  return seen(scene, async () => {
    const payments = PaymentsSchema.parse(await scene.stage.heldAtStripe('outbound_payment'));
    const found = payments.find((payment) => payment.status === 'processing' && payment.metadata.month === month);
    if (found === undefined) return null;
    return { id: found.metadata.payout_id, writerId: found.metadata.writer, month, paymentId: found.id };
  });
}

/** The payouts that Stripe has something of, by the product's ids. */
export async function payoutsAtStripe({ stage }: Scene): Promise<ReadonlySet<string>> {
  const payments = PaymentsSchema.parse(await stage.heldAtStripe('outbound_payment'));
  const transfers = PaymentsSchema.parse(await stage.heldAtStripe('transfer'));
  return new Set([...payments, ...transfers].map((payment) => payment.metadata.payout_id));
}

/** The month's payouts that are neither paid nor over; none before anybody was judged. */
export async function payoutsUnderWay(scene: Scene, month: Month): Promise<NamedPayout[]> {
  const answered = await scene.ask({ as: admin, method: 'GET', path: pathOf('months', month, 'payouts') });
  if (answered.outcome === 'refused') return [];
  return WriterPayoutPageSchema.parse(answered.body).writers.flatMap(({ userId: writerId, payoutId, payoutStatus }) =>
    payoutStatus === 'under_way' && payoutId !== null ? [{ id: payoutId, writerId, month }] : [],
  );
}

/** Lets things happen until what is looked for is there; null when everything has settled without it. */
export async function seen<Found>(scene: Scene, look: (step: string) => Promise<Found | null>): Promise<Found | null> {
  const found: Found[] = [];
  await scene.stage.settle(async (step) => {
    const seenNow = await look(step);
    if (seenNow !== null) found.push(seenNow);
    return seenNow !== null;
  });
  return found[0] ?? null;
}

/** The month whose close was asked for last; null before the first. */
export function closingMonth(deeds: readonly Deed[]): Month | null {
  const asked = deeds.findLast((deed) => deed.kind === 'close_asked' && deed.runKind === 'close');
  return asked?.kind === 'close_asked' ? asked.month : null;
}

/** Whether a step is of the service that pays. */
export function isOfPayouts(step: string): boolean {
  return step.startsWith('payouts.');
}
