import { BillingPortalSchema } from '@wewrite/contracts';
import { z } from 'zod';
import type { Card } from '../deed.ts';
import { testCards } from './cards.ts';
import type { Chance } from './chance.ts';
import type { Part } from './part.ts';
import { promised } from './promise.ts';
import { accepted, person, type Scene } from './scene.ts';
import { customersAtStripe } from './stripe-facts.ts';
import { isLive, readSubscription } from './subscription-parts.ts';

/** What supporters do with their cards at Stripe, and what their cards make of it. */

/** In Stripe's portal: from now on another card pays. */
export const changeCard: Part = async (scene, chance, userId) => {
  const card = chance.weigh<Card>([
    ['pays', 8],
    ['fails', 5],
    ['authenticates', 3],
    ['disputes', 1],
    ['inquires', 1],
    ['refuses_refunds', 2],
  ]);
  const answered = await scene.ask({ as: person(userId), method: 'POST', path: '/v1/subscription/portal' });
  if (answered.outcome === 'refused') return false;
  const { portalUrl } = BillingPortalSchema.parse(answered.body);
  await scene.stage.orderAtStripe(new URL(portalUrl).pathname, { card: testCards[card] });
  scene.record({ kind: 'card_changed', userId, card }, accepted);
  return true;
};

/** A card is lost or expires: nothing is paid until there is another. */
export const loseCard: Part = (scene, _chance, userId) => useCard(scene, userId, 'fails');

/** A holder whose payment waits is there, whoever it is, and mostly pays, unless the card does not pay at all. */
export const authenticate: Part = async (scene, chance) => authenticateOne(scene, chance, await openInvoices(scene));

/** A raise for which the card asks for its holder, who is there, or not. */
export const raiseWithHolder: Part = async (scene, chance, userId) => {
  const subscription = await readSubscription(scene, userId);
  if (subscription === null || !isLive(subscription)) return false;
  await useCard(scene, userId, 'authenticates');
  const monthlyCents = subscription.monthlyCents + chance.between(1_000, 9_000);
  const body = { monthlyCents, from: 'now' } as const;
  const answered = await scene.ask({ as: person(userId), method: 'PATCH', path: '/v1/subscription', body });
  scene.record({ kind: 'subscription_changed', userId, ...body }, answered);
  if (chance.percent(45)) await authenticateOne(scene, chance, await openInvoices(scene, userId));
  return true;
};

/** E7: a month that is over is paid, with another card, a moment before its invoice is voided: it funds nothing any more. */
export const payLate: Part = async (scene, chance, userId) => {
  const unpaid = [...(await openInvoices(scene, userId)), ...(await openInvoices(scene, userId, 'uncollectible'))];
  const isAble = await useCard(scene, userId, chance.percent(40) ? 'pays' : 'refuses_refunds');
  if (unpaid.length === 0 || !isAble) return false;
  const { id: invoiceId } = chance.pick(unpaid);
  await scene.stage.stripe.invoices.pay(invoiceId);
  scene.record({ kind: 'payment_authenticated', userId, invoiceId }, accepted);
  return true;
};

const InvoicesSchema = z.array(z.object({ id: z.string(), customer: z.string(), status: z.string() }));

interface OpenInvoice {
  readonly id: string;
  readonly userId: string;
}

/** What waits to be paid, of one supporter or of all; or is waited for no more. */
async function openInvoices(
  { stage }: Scene,
  ofUserId?: string,
  wanted: 'open' | 'uncollectible' = 'open',
): Promise<OpenInvoice[]> {
  const invoices = InvoicesSchema.parse(await stage.heldAtStripe('invoice'));
  const customers = await customersAtStripe(stage);
  return invoices.flatMap(({ id, customer, status }) => {
    const userId = customers.get(customer);
    promised(userId !== undefined, 'E1: a customer at Stripe is one of the supporters.');
    return status === wanted && (ofUserId === undefined || userId === ofUserId) ? [{ id, userId }] : [];
  });
}

async function authenticateOne(scene: Scene, chance: Chance, open: readonly OpenInvoice[]): Promise<boolean> {
  if (open.length === 0) return false;
  const { id: invoiceId, userId } = chance.pick(open);
  const isAbleTo = chance.percent(75);
  const order = { scene: isAbleTo ? 'authenticate' : 'fail_authentication' };
  await scene.stage.orderAtStripe(`/_sandbox/invoices/${invoiceId}`, order);
  scene.record({ kind: isAbleTo ? 'payment_authenticated' : 'authentication_failed', userId, invoiceId }, accepted);
  return true;
}

/** Another card is the customer's from now on. */
async function useCard(scene: Scene, userId: string, card: Card): Promise<boolean> {
  const { customerId = null } = (await readSubscription(scene, userId)) ?? {};
  if (customerId === null) return false;
  const { paymentMethods, customers } = scene.stage.stripe;
  const { id } = await paymentMethods.attach(testCards[card], { customer: customerId });
  await customers.update(customerId, { invoice_settings: { default_payment_method: id } });
  scene.record({ kind: 'card_changed', userId, card }, accepted);
  return true;
}
