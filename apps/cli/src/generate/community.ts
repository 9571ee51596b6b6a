import {
  type Cents,
  cents,
  cutoffOf,
  firstInstantOf,
  type Month,
  type ResourceType,
  type UserId,
  UserIdSchema,
} from '@wewrite/contracts';
import type { Change, PayoutAccount, Renewal, Resource, Supporter, Wish, Writer } from '../input/input.ts';
import { resourceName } from '../input/input.ts';
import { budgetOf, closeInstantOf, type PlayedPlans, playedPlans } from '../input/replay.ts';
import { idFor, personName, title } from './names.ts';
import { type Random, seededRandom } from './random.ts';

/** A community as the files hold it, in their order. */
export interface Community {
  readonly writers: readonly Writer[];
  readonly resources: readonly Resource[];
  readonly supporters: readonly Supporter[];
  readonly allocations: readonly Omit<Wish, 'line'>[];
  readonly changes: readonly Omit<Change, 'line'>[];
}

/** How large a community is made, of which seed, for which time. */
export interface CommunitySize {
  readonly supporters: number;
  readonly writers: number;
  readonly seed: number;
  /** The months that it will live through, in order. */
  readonly months: readonly [Month, ...Month[]];
}

const subscriptionsCents = [100, 300, 500, 500, 800, 1_000, 1_000, 1_200, 1_500, 2_000, 2_500, 5_000, 10_000];
const resourceTypes: readonly ResourceType[] = [
  'page',
  'page',
  'page',
  'page',
  'user',
  'user_bio',
  'group',
  'group_about',
];

/** Makes a community: the same for the same size and seed. Its files pass the check of `wewrite demo`. */
export function generateCommunity(size: CommunitySize): Community {
  const random = seededRandom(size.seed);
  const writers = numbers(size.writers).map((number) => writer(random, number));
  const resources = uniqueBy(
    writers.flatMap((owner) => resourcesOf(random, owner)),
    resourceName,
  );
  const supporters = numbers(size.supporters).map((number) => supporter(random, number, writers));
  const plans = playedPlans(
    {
      supporters: new Map(supporters.map((one): [UserId, Supporter] => [one.userId, one])),
      resources: new Map(resources.map((one): [string, Resource] => [resourceName(one), one])),
    },
    size.months,
  );
  const allocations = supporters.flatMap((one) => planOf(random, one, resources, plans));
  return {
    writers,
    resources,
    supporters,
    allocations,
    changes: changes(random, size, { supporters, resources, plans }),
  };
}

function writer(random: Random, number: number): Writer {
  const account: PayoutAccount = random.percent(80) ? 'ready' : random.pick(['none', 'restricted'] as const);
  return {
    userId: UserIdSchema.parse(idFor(random, 'writer', number)),
    name: personName(random),
    payoutAccount: account,
  };
}

function resourcesOf(random: Random, { userId }: Writer): Resource[] {
  return numbers(random.between(1, 4)).map((number) => {
    const resourceType = random.pick(resourceTypes);
    // A user and a user's biography have the user's own id.
    const resourceId = resourceType.startsWith('user') ? userId : `${userId}-${idFor(random, 'p', number)}`;
    return { resourceType, resourceId, ownerUserId: userId, title: title(random) };
  });
}

/** Every tenth supporter is a writer, as long as there are writers. */
function supporter(random: Random, number: number, writers: readonly Writer[]): Supporter {
  const asWriter = number % 10 === 0 ? writers[number / 10 - 1] : undefined;
  const monthlyCents = cents(random.pick(subscriptionsCents));
  const payment: Renewal = random.percent(90) ? 'ok' : random.pick(['fails', 'lapsed'] as const);
  return {
    userId: asWriter?.userId ?? UserIdSchema.parse(idFor(random, 'reader', number)),
    name: asWriter?.name ?? personName(random),
    monthlyCents,
    renewsAtCents: payment !== 'lapsed' && random.percent(15) ? renewal(random, monthlyCents) : null,
    payment,
  };
}

/** Most who change their subscription lower it, so that plans exceed what is left. */
function renewal(random: Random, monthlyCents: Cents): Cents {
  const percent = random.percent(70) ? random.between(30, 90) : random.between(110, 200);
  return cents(Math.max(100, Math.round((monthlyCents * percent) / 100)));
}

/** A plan of a few wishes that leaves something over as often as not. Popular writers come first in the list. */
function planOf(
  random: Random,
  one: Supporter,
  resources: readonly Resource[],
  plans: PlayedPlans,
): Omit<Wish, 'line'>[] {
  const wanted = uniqueBy(
    numbers(random.between(0, 5)).map(() => popular(random, resources)),
    resourceName,
  );
  const total = Math.floor((one.monthlyCents * (random.percent(50) ? 100 : random.between(40, 99))) / 100);
  return wanted.flatMap((resource, index) => {
    const left =
      wanted.length - index === 1
        ? total - index * Math.floor(total / wanted.length)
        : Math.floor(total / wanted.length);
    const wish = wishFor(one, resource, left);
    return plans.play(wish, null) === null ? [wish] : [];
  });
}

function changes(
  random: Random,
  { supporters: supporterCount, months }: CommunitySize,
  {
    supporters,
    resources,
    plans,
  }: { supporters: readonly Supporter[]; resources: readonly Resource[]; plans: PlayedPlans },
): Omit<Change, 'line'>[] {
  return instants(random, months, Math.ceil(supporterCount / 4)).flatMap((at) => {
    const one = random.pick(supporters);
    const monthIndex = months.filter((month) => cutoffOf(month) <= at).length;
    const usdCents = random.percent(15) ? 0 : Math.floor((budgetOf(one, monthIndex) * random.between(1, 60)) / 100);
    const change = { ...wishFor(one, popular(random, resources), usdCents), at };
    return plans.play(change, at) === null ? [change] : [];
  });
}

/** Moments of the whole time, among them the last millisecond of each month, its cutoff, and the hours until its close. */
function instants(random: Random, months: readonly [Month, ...Month[]], count: number): Date[] {
  const begin = firstInstantOf(months[0]).getTime();
  const end = Math.max(...months.map((month) => closeInstantOf(month).getTime()));
  const anywhere = numbers(count).map(() => random.between(begin, end));
  const edges = months.flatMap((month) => {
    const cutoff = cutoffOf(month).getTime();
    const around = [cutoff - 1, cutoff, random.between(cutoff + 1, closeInstantOf(month).getTime())];
    return numbers(Math.max(2, Math.ceil(count / 20))).flatMap(() => around);
  });
  return [...anywhere, ...edges].sort((a, b) => a - b).map((milliseconds) => new Date(milliseconds));
}

function wishFor({ userId }: Supporter, { resourceType, resourceId }: Resource, usdCents: number): Omit<Wish, 'line'> {
  return { userId, resourceType, resourceId, usdCents: cents(usdCents) };
}

/** The nearer to the front the more popular: some writers earn much, many little. */
function popular(random: Random, resources: readonly Resource[]): Resource {
  const last = resources.length - 1;
  return random.pick(resources.slice(0, 1 + Math.min(random.between(0, last), random.between(0, last))));
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function uniqueBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  return [...new Map(items.map((item): [string, Item] => [keyOf(item), item])).values()];
}
