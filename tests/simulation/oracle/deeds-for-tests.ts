import { type Month, month } from '@wewrite/contracts';
import type { Act, Card, Chronicle, Deed } from '../deed.ts';
import { type Reckoning, reckon } from './reckon.ts';

const accepted = { outcome: 'accepted' } as const;
/** The months that stories are of. */
export const [september, october] = [month('2026-09'), month('2026-10')] as const;

/** What was done at an instant, and accepted. */
export function deed(at: string, act: Act): Deed {
  return { ...act, at: new Date(at).toISOString(), answer: accepted, knownEverywhere: true, isRepeated: false };
}

/** A page by its id. */
export const page = (resourceId: string) => ({ resourceType: 'page' as const, resourceId });

/** Two pages: p1 is wim's, p2 walt's. */
export function site(): Deed[] {
  return [
    deed('2026-09-01T00:00Z', { kind: 'resource_registered', resource: page('p1'), ownerUserId: 'wim' }),
    deed('2026-09-01T00:00Z', { kind: 'resource_registered', resource: page('p2'), ownerUserId: 'walt' }),
  ];
}

/** Subscribes, and pays what is left of the month. */
export function subscribe(
  at: string,
  userId: string,
  { monthly, paid, card }: { monthly: number; paid: number; card: Card },
) {
  const by = 'card' as const;
  return [
    deed(at, { kind: 'subscribed', userId, monthlyCents: monthly, card, by }),
    pay(at, userId, paid, [at, '2026-10-01T00:00Z']),
  ];
}

/** A payment for the time from an instant to another. */
export function pay(at: string, userId: string, cents: number, [from, to]: [string, string]): Deed {
  const parts = [{ cents, from: new Date(from).toISOString(), to: new Date(to).toISOString() }];
  const name = `${userId}-${at.slice(0, 10)}`;
  return deed(at, { kind: 'paid', userId, paymentId: `pi-${name}`, invoiceId: `in-${name}`, parts });
}

/** A wish. */
export function allocate(at: string, userId: string, resourceId: string, usdCents: number): Deed {
  return deed(at, { kind: 'allocation_set', userId, wish: { resource: page(resourceId), usdCents } });
}

/** A close that is asked for. */
export function close(at: string, ofMonth: Month): Deed {
  return deed(at, { kind: 'close_asked', month: ofMonth, runKind: 'close' });
}

/** What they come to in the end. */
export function reckoned(deeds: readonly Deed[]): Reckoning {
  const chronicle: Chronicle = { escrow: 'storage', deeds };
  return reckon(chronicle, '2026-11-20T00:00:00.000Z');
}
