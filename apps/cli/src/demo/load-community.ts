import {
  AllocationAnswerSchema,
  BillingSubscriptionAnswerSchema,
  ChangedAllocationsSchema,
  ResourceSchema,
} from '@wewrite/contracts';
import { RunFailure } from '../exit-codes.ts';
import { priceInMonth, type Supporter, type Wish } from '../input/input.ts';
import { bar } from '../printer.ts';
import { ApiFailure, pathOf } from './api.ts';
import { inParallel } from './in-parallel.ts';
import { orderAtSandbox } from './order-at-sandbox.ts';
import { changeCard, endOnboarding } from './play-event.ts';
import { parallelRequests, tokenOf, type World } from './world.ts';

/**
 * Brings the community in through the real API, the clock standing at the first instant of the first month: resources,
 * payout accounts, subscriptions, plans, and what renewals will be.
 */
export async function loadCommunity(world: World): Promise<void> {
  const { input, steering } = world;
  const paying = [...input.supporters.values()];
  const plan = input.allocations.filter((wish) => wish.usdCents > 0);
  const receivers = [...input.writers.values()].filter((writer) => writer.payoutAccount !== 'none');
  await topUp(world);
  await loadEach(world, 'resources', [...input.resources.values()], async (resource) => {
    const path = pathOf('resources', resource.resourceType, resource.resourceId);
    const body = { ownerUserId: resource.ownerUserId, title: resource.title };
    await world.api.ask({ method: 'PUT', path, token: world.tokens.service, body, answer: ResourceSchema });
  });
  await loadEach(world, 'payout accounts', receivers, (writer) =>
    endOnboarding(world, writer.userId, writer.payoutAccount === 'restricted' ? 'restricted' : 'ready'),
  );
  await loadEach(world, 'subscriptions', paying, (supporter) => subscribe(world, supporter));
  await world.printer.step('first payments arrive', () => steering.drain());
  const count = ([, wishes]: Batch) => wishes.length;
  await loadEach(world, 'allocations', batchesOf(plan), (batch) => setAllocations(world, batch), count);
  await loadEach(world, 'renewals to come', paying, (supporter) => arrangeRenewal(world, supporter));
  await world.printer.step('all of it is known everywhere', () => steering.drain());
}

/** Sets one allocation as its supporter. Throws an ApiFailure when the API refuses it. */
export async function setAllocation(world: World, wish: Wish): Promise<void> {
  await world.api.ask({
    method: 'PUT',
    path: pathOf('allocations', wish.resourceType, wish.resourceId),
    token: tokenOf(world, wish.userId),
    body: { usdCents: wish.usdCents },
    answer: AllocationAnswerSchema,
  });
}

async function loadEach<Item>(
  world: World,
  title: string,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
  countOf: (item: Item) => number = () => 1,
): Promise<void> {
  const all = items.reduce((sum, item) => sum + countOf(item), 0);
  await world.printer.step(title, async (show) => {
    let done = 0;
    show(bar(done, all));
    await inParallel(items, parallelRequests, async (item) => {
      await work(item);
      done += countOf(item);
      show(bar(done, all));
    });
  });
}

/** A supporter and some of the wishes, as many as one request takes. */
type Batch = readonly [userId: string, wishes: readonly Wish[]];

const wishesPerRequest = 100;

function batchesOf(plan: readonly Wish[]): Batch[] {
  return [...Map.groupBy(plan, (wish) => wish.userId)].flatMap(([userId, wishes]) =>
    Array.from({ length: Math.ceil(wishes.length / wishesPerRequest) }, (_, index): Batch => {
      const start = index * wishesPerRequest;
      return [userId, wishes.slice(start, start + wishesPerRequest)];
    }),
  );
}

/** Sets a supporter's wishes in one request. Throws a RunFailure that names the first one that the API refuses. */
async function setAllocations(world: World, [userId, wishes]: Batch): Promise<void> {
  const changes = wishes.map(({ resourceType, resourceId, usdCents }) => ({ resourceType, resourceId, usdCents }));
  const { results } = await world.api.ask({
    method: 'POST',
    path: '/v1/allocations/batch',
    token: tokenOf(world, userId),
    body: { changes },
    answer: ChangedAllocationsSchema,
  });
  for (const [index, result] of results.entries()) {
    if (result.outcome === 'accepted') continue;
    const { resourceType, resourceId } = wishes[index] ?? {};
    throw new RunFailure(`${userId}'s wish for ${resourceType} ${resourceId} was refused: ${result.code}.`);
  }
}

const stripeFee = { basisPoints: 290, fixedCents: 30 };
const spareCents = 100_000;

/** The platform's capital: what Stripe takes from every payment to come, so that escrow can always be funded. */
async function topUp({ input, months, sandboxUrl, printer }: World): Promise<void> {
  let feeCents = 0;
  for (const supporter of input.supporters.values()) {
    for (let index = 0; index <= months.length; index++) {
      feeCents += Math.ceil((priceInMonth(supporter, index) * stripeFee.basisPoints) / 10_000) + stripeFee.fixedCents;
    }
  }
  const amount = feeCents + spareCents;
  await orderAtSandbox(new URL('/_sandbox/topups', sandboxUrl), { amount });
  printer.say(`The platform puts ${amount} ¢ of its own into Stripe, which covers Stripe's fees.`);
}

async function subscribe(world: World, supporter: Supporter): Promise<void> {
  const body = { monthlyCents: supporter.monthlyCents, paymentMethodId: 'pm_card_visa' };
  const token = tokenOf(world, supporter.userId);
  const request = { method: 'POST', path: '/v1/subscription', token, body } as const;
  try {
    await world.api.ask({ ...request, answer: BillingSubscriptionAnswerSchema });
  } catch (error) {
    // The first request was heard and its answer was lost.
    if (!(error instanceof ApiFailure && error.problem?.code === 'already_subscribed')) throw error;
  }
}

/** What the second month brings: another amount, a card that no longer pays, or the end. */
async function arrangeRenewal(world: World, supporter: Supporter): Promise<void> {
  const request = {
    path: '/v1/subscription',
    token: tokenOf(world, supporter.userId),
    answer: BillingSubscriptionAnswerSchema,
  };
  if (supporter.payment === 'lapsed') {
    await world.api.ask({ ...request, method: 'DELETE' });
    return;
  }
  if (priceInMonth(supporter, 1) !== supporter.monthlyCents) {
    const body = { monthlyCents: supporter.renewsAtCents, from: 'next_month' };
    await world.api.ask({ ...request, method: 'PATCH', body });
  }
  // The card that the first month was paid with is replaced by one that attaches and never pays.
  if (supporter.payment === 'fails') await changeCard(world, supporter.userId, 'pm_card_chargeCustomerFail');
}
