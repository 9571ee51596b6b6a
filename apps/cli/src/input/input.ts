import type { Cents, ResourceKey, ResourceType, UserId } from '@wewrite/contracts';
import type { CommunityEvent } from './event.ts';

/** Whether a writer's payout account can receive, is absent, or is restricted by Stripe (D2). */
export const payoutAccounts = ['ready', 'none', 'restricted'] as const;
export type PayoutAccount = (typeof payoutAccounts)[number];

/** What becomes of a supporter's renewals, from the second month on. */
export const renewals = ['ok', 'fails', 'lapsed'] as const;
export type Renewal = (typeof renewals)[number];

/** A row of `writers.csv`. */
export interface Writer {
  readonly userId: UserId;
  readonly name: string;
  readonly payoutAccount: PayoutAccount;
}

/** A row of `resources.csv`. */
export interface Resource extends ResourceKey {
  readonly ownerUserId: UserId;
  readonly title: string;
}

/** A row of `supporters.csv`. */
export interface Supporter {
  readonly userId: UserId;
  readonly name: string;
  readonly monthlyCents: Cents;
  /** What renewals pay instead of `monthlyCents`; null where that stays. */
  readonly renewsAtCents: Cents | null;
  readonly payment: Renewal;
}

/** A supporter's wish for one resource, with the line of the file that says so. */
export interface Wish extends ResourceKey {
  readonly line: number;
  readonly userId: UserId;
  readonly resourceType: ResourceType;
  readonly usdCents: Cents;
}

/** A wish that comes later. */
export interface Change extends Wish {
  readonly at: Date;
}

/** A community as its files describe it; users and resources in the files' order. */
export interface Input {
  readonly writers: ReadonlyMap<UserId, Writer>;
  /** By `resourceName`. */
  readonly resources: ReadonlyMap<string, Resource>;
  readonly supporters: ReadonlyMap<UserId, Supporter>;
  readonly allocations: readonly Wish[];
  /** In order of time; equal instants in the file's order. */
  readonly changes: readonly Change[];
  /** In the same order. */
  readonly events: readonly CommunityEvent[];
}

/** One text for a resource; a type holds no slash, so that no two resources share it. */
export function resourceName({ resourceType, resourceId }: ResourceKey): string {
  return `${resourceType}/${resourceId}`;
}

/** The recurring price of the supporter's subscription in a month, counted from 0 for the first. */
export function priceInMonth(supporter: Supporter, monthIndex: number): Cents {
  return monthIndex === 0 ? supporter.monthlyCents : (supporter.renewsAtCents ?? supporter.monthlyCents);
}
