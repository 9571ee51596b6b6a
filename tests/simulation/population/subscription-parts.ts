import { BillingSubscribedSchema, BillingSubscriptionAnswerSchema } from '@wewrite/contracts';
import type { Card } from '../deed.ts';
import { testCards } from './cards.ts';
import type { Chance } from './chance.ts';
import type { Part } from './part.ts';
import { accepted, person, type Scene } from './scene.ts';

/** What supporters do with their subscriptions (E3). */

/** With a card that mostly pays. A subscription that lives already is refused. */
export const subscribe: Part = async (scene, chance, userId) => {
  const monthlyCents = supposedPrice(scene, chance, userId);
  const card = subscribersCard(chance);
  const before = await readSubscription(scene, userId);
  const answered = await scene.ask({
    as: person(userId),
    method: 'POST',
    path: '/v1/subscription',
    body: { monthlyCents, paymentMethodId: testCards[card] },
  });
  // The first sending was heard, and its answer was lost.
  const isMade =
    answered.isRepeated && answered.outcome === 'refused' && answered.code === 'already_subscribed' && !isLive(before);
  scene.record({ kind: 'subscribed', userId, monthlyCents, card, by: 'card' }, isMade ? accepted : answered);
  return true;
};

/** On Stripe's page; some leave it and come back another day. */
export const checkOut: Part = async (scene, chance, userId) => {
  if (isLive(await readSubscription(scene, userId))) return false;
  const monthlyCents = supposedPrice(scene, chance, userId);
  const body = { monthlyCents };
  const call = { as: person(userId), method: 'POST', path: '/v1/subscription', body } as const;
  const answered = await scene.ask(call, { busy: true });
  const act = { kind: 'subscribed', userId, monthlyCents, card: 'pays', by: 'checkout' } as const;
  if (answered.outcome === 'refused') {
    scene.record(act, answered);
    return true;
  }
  const { checkoutUrl } = BillingSubscribedSchema.parse(answered.body);
  if (checkoutUrl === null || chance.percent(25)) return checkoutUrl !== null;
  await scene.stage.orderAtStripe(new URL(checkoutUrl).pathname, { card: testCards.pays });
  scene.record(act, accepted);
  return true;
};

export const changeAmount: Part = async (scene, chance, userId) => {
  const subscription = await readSubscription(scene, userId);
  const now = subscription?.monthlyCents ?? 1_000;
  const monthlyCents = chance.weigh([
    [now + chance.between(1, 3_000), 5],
    [now + chance.between(1, 60), 2],
    [Math.max(100, now - chance.between(1, 2_000)), 5],
    [now, 1],
  ]);
  const from = chance.percent(65) ? 'now' : 'next_month';
  await changeTo(scene, userId, monthlyCents, from);
  return true;
};

/** Less from next month on, and then more at once than that: what this month costs decides whether it is a raise. */
export const lowerAndRaise: Part = async (scene, chance, userId) => {
  const subscription = await readSubscription(scene, userId);
  if (subscription === null || !isLive(subscription) || subscription.monthlyCents < 200) return false;
  const lowCents = chance.between(100, subscription.monthlyCents - 100);
  await changeTo(scene, userId, lowCents, 'next_month');
  await scene.settle();
  const isRaise = chance.percent(40);
  const highCents = isRaise
    ? subscription.monthlyCents + chance.between(1, 3_000)
    : chance.between(lowCents + 1, subscription.monthlyCents);
  await changeTo(scene, userId, highCents, 'now');
  return true;
};

export const cancel: Part = async (scene, _chance, userId) => {
  const answered = await scene.ask({ as: person(userId), method: 'DELETE', path: '/v1/subscription' });
  scene.record({ kind: 'subscription_cancelled', userId }, answered);
  return true;
};

export const resume: Part = async (scene, _chance, userId) => {
  const answered = await scene.ask({ as: person(userId), method: 'POST', path: '/v1/subscription/resume' });
  scene.record({ kind: 'subscription_resumed', userId }, answered);
  return true;
};

async function changeTo(scene: Scene, userId: string, monthlyCents: number, from: 'now' | 'next_month'): Promise<void> {
  const body = { monthlyCents, from };
  const answered = await scene.ask({ as: person(userId), method: 'PATCH', path: '/v1/subscription', body });
  scene.record({ kind: 'subscription_changed', userId, ...body }, answered);
}

/** The supporter's subscription, as the API says. */
export async function readSubscription(scene: Scene, userId: string) {
  return (await scene.read(person(userId), '/v1/subscription', BillingSubscriptionAnswerSchema)).subscription;
}

/** Whether a subscription is one that bills. */
export function isLive(subscription: Awaited<ReturnType<typeof readSubscription>>): boolean {
  return subscription !== null && subscription.state !== 'ended' && subscription.state !== 'creating';
}

function subscribersCard(chance: Chance): Card {
  return chance.weigh<Card>([
    ['pays', 16],
    ['pays_at_once', 3],
    ['refuses_refunds', 4],
    ['disputes', 1],
    ['inquires', 1],
    ['is_declined', 1],
    ['fails', 1],
    ['authenticates', 1],
  ]);
}

function supposedPrice(scene: Scene, chance: Chance, userId: string): number {
  const known = scene.town.supporters.find((supporter) => supporter.userId === userId);
  return known?.monthlyCents ?? chance.between(100, 5_000);
}
